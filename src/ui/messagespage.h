// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/eventpagemodel.h"
#include "models/reachmodel.h"
#include "ui/page.h"
#include "ui/repeated.h"
#include "ui/resend.h"
#include "ui/searchon.h"

class QLabel;
class QTableView;

namespace ui {

class Card;
class EventFilter;
class PayloadCard;
class QueueChooser;
class TableController;
class UnderWay;

/// The stored events of a queue, delivered or not: found by id, type, text, a place in JSON or ticks, and of each the
/// way it takes.
class MessagesPage : public Page {
    Q_OBJECT

public:
    explicit MessagesPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;
    Subject subject() const override;
    std::optional<Resendable> resendable() const;
    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void makeEvents();
    void makeStory();
    void search();
    void fetch(quint64 request, const std::optional<domain::EventPosition>& from);
    void remark();
    void update();
    void sayReading();
    void choose(const QModelIndex& index);
    void compare();
    void exportAll();
    void showStory();
    void openReach(const QModelIndex& index);

    models::EventPageModel m_model{models::EventPageModel::Of::Queue};
    models::AnswerModel<models::ReachLine> m_reach;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    Card* m_card;
    Card* m_storyCard;
    QTableView* m_view;
    QTableView* m_reachView;
    TableController* m_table = nullptr;
    TableController* m_reachTable = nullptr;
    QueueChooser* m_queue;
    EventFilter* m_filter;
    QAbstractButton* m_compare = nullptr;
    QAbstractButton* m_byId = nullptr;
    SearchOn m_searchOn;
    QLabel* m_storyLabel;
    PayloadCard* m_payload;
    std::int32_t m_shownQueue = 0;
    std::string m_shownInstall; ///< Capabilities::identity()
    bool m_past = false;        ///< whether a recorded instant is shown
    pg::Failure m_failure;      ///< of the newest question, where the model says that it failed
    std::optional<domain::EventRow> m_event;
    std::optional<domain::EventStory> m_story;
    UnderWay* m_underWay = nullptr;
    quint64 m_fetching = 0; ///< of what is under way
    Repeated<domain::EventStory> m_storyAnswer;
};

} // namespace ui
