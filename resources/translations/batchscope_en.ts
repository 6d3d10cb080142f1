<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
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
        <source>· %n consumer(s)</source>
        <translation>
            <numerusform>· %n consumer</numerusform>
            <numerusform>· %n consumers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>· %n member(s)</source>
        <translation>
            <numerusform>· %n member</numerusform>
            <numerusform>· %n members</numerusform>
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
    <name>ui::EventsCard</name>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation>
            <numerusform>%n event</numerusform>
            <numerusform>%n events</numerusform>
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
        <source>the %n worst are listed</source>
        <translation>
            <numerusform>the worst one is listed</numerusform>
            <numerusform>the %n worst are listed</numerusform>
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
    <message numerus="yes">
        <source>%n retry(ies)</source>
        <translation>
            <numerusform>%n retry</numerusform>
            <numerusform>%n retries</numerusform>
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
    <message numerus="yes">
        <source>%n open batch(es)</source>
        <translation>
            <numerusform>%n open batch</numerusform>
            <numerusform>%n open batches</numerusform>
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
</TS>
