// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/eventpagemodel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

using namespace models;
using namespace Qt::StringLiterals;

namespace {

/// A window of so many events; answers as the database does: by position.
class Window {
public:
    explicit Window(int events)
        : m_events(events) {}

    domain::EventPage page(const std::optional<domain::EventPosition>& from, int limit) const {
        domain::EventPage page;
        const int first = from ? std::stoi(from->ctid) : 0;
        for (int at = first; at < std::min(m_events, first + limit); ++at) {
            domain::EventRow row;
            row.position = {1, std::to_string(at)};
            row.id = 1000 + at;
            row.type = "order.created";
            row.data = at % 3 == 0 ? std::optional<std::string>() : std::optional<std::string>(at % 3 == 1 ? "" : "{}");
            page.rows.push_back(row);
        }
        if (first + limit < m_events)
            page.next = domain::EventPosition{1, std::to_string(first + limit)};
        return page;
    }

private:
    int m_events;
};

} // namespace

class EventPageModelTest : public QObject {
    Q_OBJECT

    std::unique_ptr<EventPageModel> m_model;
    int m_asked = 0;
    QList<quint64> m_requests;

    void serve(const Window& window) {
        connect(m_model.get(), &EventPageModel::pageWanted, this,
                [this, window](quint64 request, const auto& from, int limit) {
                    ++m_asked;
                    m_model->deliver(request, window.page(from, limit));
                });
    }

private Q_SLOTS:

    void init() {
        m_requests.clear();
        m_model = std::make_unique<EventPageModel>(EventPageModel::Of::Window);
        m_asked = 0;
    }

    void turnsThroughAWholeWindow() {
        QAbstractItemModelTester tester(m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        serve(Window(1950));
        m_model->open();
        qint64 seen = 0;
        for (;;) {
            QCOMPARE(m_model->firstOrdinal(), seen + 1);
            QCOMPARE(m_model->row(0).event.id, 1000 + seen);
            seen = m_model->lastOrdinal();
            QVERIFY(m_model->pagesKept() <= EventPageModel::keptPages);
            if (!m_model->canTurnForward())
                break;
            m_model->turnForward();
        }
        QCOMPARE(seen, 1950);
        QVERIFY(m_model->isComplete());
        QCOMPARE(m_asked, 10);
        m_model->turnBack();
        QCOMPARE(m_asked, 10); // still kept
        QCOMPARE(m_model->firstOrdinal(), 1601);
        m_model->turnToStart();
        QCOMPARE(m_asked, 11);
        QCOMPARE(m_model->firstOrdinal(), 1);
        QVERIFY(m_model->canTurnForward());
    }

    void aLateAnswerIsDropped() {
        connect(m_model.get(), &EventPageModel::pageWanted, this,
                [this](quint64 request, const auto&, int) { m_requests += request; });
        m_model->open();
        m_model->open();
        m_model->deliver(m_requests[0], Window(5).page({}, 200));
        QCOMPARE(m_model->rowCount(), 0);
        QCOMPARE(m_model->state(), EventPageModel::State::Loading);
        m_model->deliver(m_requests[1], Window(7).page({}, 200));
        QCOMPARE(m_model->rowCount(), 7);
        m_model->deliver(m_requests[1], Window(9).page({}, 200));
        QCOMPARE(m_model->rowCount(), 7);
    }

    void aFailureSaysWhyAndCanBeTriedAgain() {
        connect(m_model.get(), &EventPageModel::pageWanted, this,
                [this](quint64 request, const auto&, int) { m_requests += request; });
        m_model->open();
        m_model->fail(m_requests.constLast(), u"permission denied"_s);
        QCOMPARE(m_model->state(), EventPageModel::State::Failed);
        QCOMPARE(m_model->failure(), u"permission denied"_s);
        m_model->reload();
        m_model->deliver(m_requests.constLast(), Window(3).page({}, 200));
        QCOMPARE(m_model->state(), EventPageModel::State::Shown);
    }

    /// The page before stays, whole, and the other one can be tried again.
    void aPageThatCannotBeTurnedTo() {
        QAbstractItemModelTester tester(m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        connect(m_model.get(), &EventPageModel::pageWanted, this,
                [this](quint64 request, const auto&, int) { m_requests += request; });
        m_model->open();
        m_model->deliver(m_requests.constLast(), Window(500).page({}, 200));
        m_model->turnForward();
        QCOMPARE(m_model->page(), 1);
        m_model->fail(m_requests.constLast(), u"cancelled"_s);
        QCOMPARE(m_model->state(), EventPageModel::State::Shown);
        QCOMPARE(m_model->failure(), u"cancelled"_s);
        QCOMPARE(m_model->page(), 0);
        QCOMPARE(m_model->firstOrdinal(), 1);
        QCOMPARE(m_model->rowCount(), 200);
        QVERIFY(m_model->canTurnForward() && !m_model->canTurnBack() && !m_model->isComplete());
        m_model->turnForward();
        QVERIFY(m_model->failure().isEmpty());
        m_model->deliver(m_requests.constLast(), Window(500).page(domain::EventPosition{1, "200"}, 200));
        QCOMPARE(m_model->firstOrdinal(), 201);
        // Another window has nothing of it.
        m_model->open();
        m_model->fail(m_requests.constLast(), u"refused"_s);
        QCOMPARE(m_model->state(), EventPageModel::State::Failed);
        QVERIFY(!m_model->canTurnForward());
    }

    void anEmptyWindowIsComplete() {
        serve(Window(0));
        m_model->open();
        QVERIFY(m_model->isComplete());
        QVERIFY(!m_model->canTurnForward());
        QCOMPARE(m_model->firstOrdinal(), 0);
    }

    void nullAndEmptyPayloadsDiffer() {
        serve(Window(3));
        m_model->open();
        const int payload = m_model->columnOf(u"payload"_s);
        QCOMPARE(m_model->index(0, payload).data().toString(), u"NULL"_s);
        QCOMPARE(m_model->index(1, payload).data().toString(), u"(empty)"_s);
        QCOMPARE(m_model->index(2, payload).data().toString(), u"{}"_s);
    }
};

QTEST_GUILESS_MAIN(EventPageModelTest)
#include "tst_eventpagemodel.moc"
