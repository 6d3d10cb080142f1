// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/workmodels.h"
#include "models/workrates.h"
#include "ui/page.h"
#include "ui/repeated.h"
#include "ui/turner.h"

class QComboBox;
class QStackedWidget;
class QTableView;

namespace ui {

class BandsCard;
class ForeignBanner;
class InstallChooser;
class LeasesCard;
class PayloadCard;
class ReadsCard;
class TableController;

/// Work queues: what waits by priority, what is in flight, delayed or poisoned, and of one queue its messages, its
/// priorities or how often they were claimed. Payloads are shown only when asked for.
class WorkPage : public Page {
    Q_OBJECT

public:
    explicit WorkPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;

    Subject subject() const override;

    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void makeQueues();
    void makeMessages();
    void makeBelow();
    QComboBox* makePartChooser();
    void showPart(int place);
    void useInstall();
    void tellQueues(const domain::WorkSample& sample);
    const domain::WorkQueue* shownQueue() const;
    void showCards();
    void showInstalls(const std::vector<domain::WorkInstall>& installs);
    void showQueues(const domain::WorkSample& sample);
    void showMessages(const domain::WorkPage& page);
    void fail(const pg::Failure& failure);
    void failBelow(const pg::Failure& failure);
    void clear();
    void beatBelow();
    void askMessages();
    void messageChosen();
    const domain::WorkMessage* message() const;
    std::string queue() const;
    Subject queueSubject() const;

    models::AnswerModel<models::WorkQueueLine> m_queues;
    models::AnswerModel<models::WorkMessageLine> m_messages;
    std::optional<domain::WorkInstall> m_install;
    domain::WorkPart m_part = domain::WorkPart::Ready;
    std::string m_shownQueue;
    QString m_wanted;
    Card* m_queueCard;
    Card* m_messageCard;
    QTableView* m_queueView;
    QTableView* m_messageView;
    TableController* m_queueTable = nullptr;
    TableController* m_messageTable = nullptr;
    QAbstractButton* m_reveal = nullptr;
    PayloadCard* m_payload;
    InstallChooser* m_chooser;
    ForeignBanner* m_foreign;
    QStackedWidget* m_below;
    LeasesCard* m_leases;
    BandsCard* m_bands;
    ReadsCard* m_reads;
    QList<QComboBox*> m_parts;
    models::WorkRates m_rates;
    bool m_readsSampled = false;
    std::optional<std::vector<domain::WorkDelayed>> m_delayed; ///< empty before they were asked for
    std::optional<pg::Timestamp> m_past;                       ///< the recorded instant that is shown
    Turner<domain::WorkPosition> m_turner;
    Repeated<std::vector<domain::WorkInstall>> m_installAnswer;
    Repeated<domain::WorkSample> m_queueAnswer;
    Repeated<domain::WorkPage> m_messageAnswer;
    Repeated<std::vector<domain::WorkDelayed>> m_delayedAnswer;
};

} // namespace ui
