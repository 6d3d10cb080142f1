<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Barriers</name>
    <message numerus="yes">
        <source>%n batch(es) lost</source>
        <translation>
            <numerusform>%n batch lost</numerusform>
            <numerusform>%n batches lost</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Locks</name>
    <message numerus="yes">
        <source>holds up %n</source>
        <translation>
            <numerusform>holds up %n</numerusform>
            <numerusform>holds up %n</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>It also waits for %1 and %n other(s)</source>
        <translation>
            <numerusform>It also waits for %1 and %n other</numerusform>
            <numerusform>It also waits for %1 and %n others</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QueueWords</name>
    <message numerus="yes">
        <source> and %n more</source>
        <translation>
            <numerusform> and %n more</numerusform>
            <numerusform> and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 in %n table(s), %2 ago</source>
        <translation>
            <numerusform>%1 in %n table, %2 ago</numerusform>
            <numerusform>%1 in %n tables, %2 ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 in %2 of %n table(s), %3 ago</source>
        <translation>
            <numerusform>%1 in %2 of %n table, %3 ago</numerusform>
            <numerusform>%1 in %2 of %n tables, %3 ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n gate(s) closed</source>
        <translation>
            <numerusform>%n gate closed</numerusform>
            <numerusform>%n gates closed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SchemaWords</name>
    <message numerus="yes">
        <source>%n queue(s) overdue that no consumer holds</source>
        <translation>
            <numerusform>%n queue overdue that no consumer holds</numerusform>
            <numerusform>%n queues overdue that no consumer holds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n due, but held by a position or for a tick</source>
        <translation>
            <numerusform>%n due, but held by a position or for a tick</numerusform>
            <numerusform>%n due, but held by a position or for a tick</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the second step is due on %n queue(s)</source>
        <translation>
            <numerusform>the second step is due on %n queue</numerusform>
            <numerusform>the second step is due on %n queues</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> and %n more</source>
        <translation>
            <numerusform> and %n more</numerusform>
            <numerusform> and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Timelines</name>
    <message numerus="yes">
        <source>%n unseen token(s) before</source>
        <translation>
            <numerusform>%n unseen token before</numerusform>
            <numerusform>%n unseen tokens before</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n wait(s) for the row</source>
        <translation>
            <numerusform>%n wait for the row</numerusform>
            <numerusform>%n waits for the row</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most %n session(s) at once</source>
        <translation>
            <numerusform>at most %n session at once</numerusform>
            <numerusform>at most %n sessions at once</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n heartbeat(s)</source>
        <translation>
            <numerusform>%n heartbeat</numerusform>
            <numerusform>%n heartbeats</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message numerus="yes">
        <source>%n selected dead letter(s) of %1</source>
        <translation>
            <numerusform>%n selected dead letter of %1</numerusform>
            <numerusform>%n selected dead letters of %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n round trip(s) were not measured on the server</source>
        <translation>
            <numerusform>%n round trip was not measured on the server</numerusform>
            <numerusform>%n round trips were not measured on the server</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %n round trip(s) not measured</source>
        <translation>
            <numerusform>; %n round trip not measured</numerusform>
            <numerusform>; %n round trips not measured</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>models::JsonTreeModel</name>
    <message numerus="yes">
        <source>%n key(s)</source>
        <translation>
            <numerusform>%n key</numerusform>
            <numerusform>%n keys</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n item(s)</source>
        <translation>
            <numerusform>%n item</numerusform>
            <numerusform>%n items</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>models::SubscriptionTreeModel</name>
    <message numerus="yes">
        <source>· %n member(s)</source>
        <translation>
            <numerusform>· %n member</numerusform>
            <numerusform>· %n members</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n consumer(s)</source>
        <translation>
            <numerusform>%n consumer</numerusform>
            <numerusform>%n consumers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ActionDialog</name>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation>
            <numerusform>%n event</numerusform>
            <numerusform>%n events</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Alerts</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::BarriersPage</name>
    <message numerus="yes">
        <source>%n barrier(s)</source>
        <translation>
            <numerusform>%n barrier</numerusform>
            <numerusform>%n barriers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n execution(s) with markers and no barrier</source>
        <translation>
            <numerusform>%n execution with markers and no barrier</numerusform>
            <numerusform>%n executions with markers and no barrier</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::CapsuleDialog</name>
    <message numerus="yes">
        <source>Written: %n instant(s)</source>
        <translation>
            <numerusform>Written: %n instant</numerusform>
            <numerusform>Written: %n instants</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::CompareDialog</name>
    <message numerus="yes">
        <source>%n difference(s)</source>
        <translation>
            <numerusform>%n difference</numerusform>
            <numerusform>%n differences</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ConsumersPage</name>
    <message numerus="yes">
        <source>%n subscription(s)</source>
        <translation>
            <numerusform>%n subscription</numerusform>
            <numerusform>%n subscriptions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n group(s)</source>
        <translation>
            <numerusform>%n group</numerusform>
            <numerusform>%n groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n member(s)</source>
        <translation>
            <numerusform>%n member</numerusform>
            <numerusform>%n members</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::DeadPage</name>
    <message numerus="yes">
        <source>%n cause(s)</source>
        <translation>
            <numerusform>%n cause</numerusform>
            <numerusform>%n causes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::EventExport</name>
    <message numerus="yes">
        <source>%n event(s) written…</source>
        <translation>
            <numerusform>%n event written…</numerusform>
            <numerusform>%n events written…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) written to %1.</source>
        <translation>
            <numerusform>%n event written to %1.</numerusform>
            <numerusform>%n events written to %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) with a text longer than %1 are cut.</source>
        <translation>
            <numerusform>%n event with a text longer than %1 is cut.</numerusform>
            <numerusform>%n events with a text longer than %1 are cut.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::EventsCard</name>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation>
            <numerusform>%n event</numerusform>
            <numerusform>%n events</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n payload(s) too long for the JSON path</source>
        <translation>
            <numerusform>%n payload too long for the JSON path</numerusform>
            <numerusform>%n payloads too long for the JSON path</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n retry(ies) among them</source>
        <translation>
            <numerusform>%n retry among them</numerusform>
            <numerusform>%n retries among them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>put back up to %n time(s)</source>
        <translation>
            <numerusform>put back up to %n time</numerusform>
            <numerusform>put back up to %n times</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::FindingFold</name>
    <message numerus="yes">
        <source>and %n more like it</source>
        <translation>
            <numerusform>and %n more like it</numerusform>
            <numerusform>and %n more like it</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n of them critical</source>
        <translation>
            <numerusform>%n of them critical</numerusform>
            <numerusform>%n of them critical</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the %n worst of them below</source>
        <translation>
            <numerusform>the worst of them below</numerusform>
            <numerusform>the %n worst of them below</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Show %n more</source>
        <translation>
            <numerusform>Show %n more</numerusform>
            <numerusform>Show %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::FindingsCard</name>
    <message numerus="yes">
        <source>%n critical</source>
        <translation>
            <numerusform>%n critical</numerusform>
            <numerusform>%n critical</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n warning</numerusform>
            <numerusform>%n warnings</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n rule(s) checked</source>
        <translation>
            <numerusform>%n rule checked</numerusform>
            <numerusform>%n rules checked</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n not evaluated yet</source>
        <translation>
            <numerusform>%n not evaluated yet</numerusform>
            <numerusform>%n not evaluated yet</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n silenced</source>
        <translation>
            <numerusform>%n silenced</numerusform>
            <numerusform>%n silenced</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::FootprintPage</name>
    <message numerus="yes">
        <source>over the last %n sample(s)</source>
        <translation>
            <numerusform>of the newest sample</numerusform>
            <numerusform>over the last %n samples</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n session(s)</source>
        <translation>
            <numerusform>%n session</numerusform>
            <numerusform>%n sessions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 with %n statement(s)</source>
        <translation>
            <numerusform>%1 with %n statement</numerusform>
            <numerusform>%1 with %n statements</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>pid %1 asks: %n lock(s) for %2</source>
        <translation>
            <numerusform>pid %1 asks: %n lock for %2</numerusform>
            <numerusform>pid %1 asks: %n locks for %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>others: %n lock(s), oldest transaction %1</source>
        <translation>
            <numerusform>others: %n lock, oldest transaction %1</numerusform>
            <numerusform>others: %n locks, oldest transaction %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>others: no transaction, %n lock(s)</source>
        <translation>
            <numerusform>others: no transaction, %n lock</numerusform>
            <numerusform>others: no transaction, %n locks</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::InFlightPage</name>
    <message numerus="yes">
        <source>%n open batch(es)</source>
        <translation>
            <numerusform>%n open batch</numerusform>
            <numerusform>%n open batches</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n need(s) attention</source>
        <translation>
            <numerusform>%n needs attention</numerusform>
            <numerusform>%n need attention</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::LeasesCard</name>
    <message numerus="yes">
        <source>%n double delivery(ies) coming</source>
        <translation>
            <numerusform>%n double delivery coming</numerusform>
            <numerusform>%n double deliveries coming</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::LocksPage</name>
    <message numerus="yes">
        <source>%n session(s) wait</source>
        <translation>
            <numerusform>%n session waits</numerusform>
            <numerusform>%n sessions wait</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>only the first %n session(s) are shown</source>
        <translation>
            <numerusform>only the first %n session is shown</numerusform>
            <numerusform>only the first %n sessions are shown</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message numerus="yes">
        <source>%n finding(s)</source>
        <translation>
            <numerusform>%n finding</numerusform>
            <numerusform>%n findings</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::OverviewPage</name>
    <message numerus="yes">
        <source>%n queue(s)</source>
        <translation>
            <numerusform>%n queue</numerusform>
            <numerusform>%n queues</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n match the filter</source>
        <translation>
            <numerusform>%n matches the filter</numerusform>
            <numerusform>%n match the filter</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Clear it to see all %n.</source>
        <translation>
            <numerusform>Clear it to see it.</numerusform>
            <numerusform>Clear it to see all %n.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::OwnerCard</name>
    <message numerus="yes">
        <source>taken over %n time(s)</source>
        <translation>
            <numerusform>taken over %n time</numerusform>
            <numerusform>taken over %n times</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>so do %n other position(s)</source>
        <translation>
            <numerusform>so does %n other position</numerusform>
            <numerusform>so do %n other positions</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::PayloadCard</name>
    <message numerus="yes">
        <source>%n retry(ies)</source>
        <translation>
            <numerusform>%n retry</numerusform>
            <numerusform>%n retries</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::QueuePage</name>
    <message numerus="yes">
        <source>all %n there are</source>
        <translation>
            <numerusform>all %n there are</numerusform>
            <numerusform>all %n there are</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the newest %n</source>
        <translation>
            <numerusform>the newest %n</numerusform>
            <numerusform>the newest %n</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>page %1, %n tick(s)</source>
        <translation>
            <numerusform>page %1, %n tick</numerusform>
            <numerusform>page %1, %n ticks</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ReadsCard</name>
    <message numerus="yes">
        <source>%n delivery(ies) allowed</source>
        <translation>
            <numerusform>%n delivery allowed</numerusform>
            <numerusform>%n deliveries allowed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::RetryPage</name>
    <message numerus="yes">
        <source>and %n more queue(s) with due retries</source>
        <translation>
            <numerusform>and %n more queue with due retries</numerusform>
            <numerusform>and %n more queues with due retries</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::SchemaDialog</name>
    <message numerus="yes">
        <source>Show how %n function(s) differ…</source>
        <translation>
            <numerusform>Show how %n function differs…</numerusform>
            <numerusform>Show how %n functions differ…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::SchemaPage</name>
    <message numerus="yes">
        <source>%n difference(s) from what this program ships</source>
        <translation>
            <numerusform>%n difference from what this program ships</numerusform>
            <numerusform>%n differences from what this program ships</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>
and %n more</source>
        <translation>
            <numerusform>
and %n more</numerusform>
            <numerusform>
and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::StatusLine</name>
    <message numerus="yes">
        <source>%n part(s) not seen</source>
        <translation>
            <numerusform>%n part not seen</numerusform>
            <numerusform>%n parts not seen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::TimelinePage</name>
    <message numerus="yes">
        <source>%n member(s)</source>
        <translation>
            <numerusform>%n member</numerusform>
            <numerusform>%n members</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n older batch(es) forgotten</source>
        <translation>
            <numerusform>%n older batch forgotten</numerusform>
            <numerusform>%n older batches forgotten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n that nobody saw</source>
        <translation>
            <numerusform>%n that nobody saw</numerusform>
            <numerusform>%n that nobody saw</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::TimelineView</name>
    <message numerus="yes">
        <source>%n session(s) waited for this row, held by pid %1</source>
        <translation>
            <numerusform>%n session waited for this row, held by pid %1</numerusform>
            <numerusform>%n sessions waited for this row, held by pid %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::WindowStrip</name>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation>
            <numerusform>%n event</numerusform>
            <numerusform>%n events</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::WorkPage</name>
    <message numerus="yes">
        <source>%n queue(s)</source>
        <translation>
            <numerusform>%n queue</numerusform>
            <numerusform>%n queues</numerusform>
        </translation>
    </message>
</context>
</TS>
