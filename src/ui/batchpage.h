// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/inflightmodel.h"
#include "ui/page.h"
#include "ui/window.h"

class QComboBox;

namespace ui {

class EventsCard;
class OwnerCard;
class PayloadCard;
class WhyCard;

/// One batch: its events filtered, paged and compared, its owner, and why an event is not in it. Goes on showing the
/// window of a batch that ended while it was looked at.
class BatchPage : public Page {
    Q_OBJECT

public:
    explicit BatchPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& batch) override;
    Subject subject() const override;
    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void fillChooser();
    void choose();
    void showBatch();
    const models::BatchRow* chosen() const;
    void showPayloadOf(const domain::EventRow& event);
    void showNoEvent();

    models::InFlightModel m_model; ///< the open batches
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    domain::SnapshotPtr m_snapshot;
    QComboBox* m_chooser;
    EventsCard* m_events;
    OwnerCard* m_owner;
    WhyCard* m_why;
    PayloadCard* m_payload;
    QList<std::pair<QString, QString>> m_offered; ///< what the chooser lists: text and token
    QString m_batch;                              ///< the token asked for; empty: the one open longest
    std::optional<Window> m_window;
    std::optional<domain::EventRow> m_event;
};

} // namespace ui
