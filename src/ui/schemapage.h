// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/schemamodels.h"
#include "ui/page.h"
#include "ui/repeated.h"

#include <map>
#include <optional>

class QAbstractButton;
class QTableView;

namespace ui {

class Card;
class FactsList;
class TableController;

/// What is installed and whose it is, how it differs from what this program ships, and who keeps it going.
class SchemaPage : public Page {
    Q_OBJECT

public:
    explicit SchemaPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;

    void setZone(const QTimeZone&) override {}

    void openSubject(const QString&) override {}

    Subject subject() const override { return {}; }

    QWidget* mainView() const override;
    bool isComplete() const override;

Q_SIGNALS:
    void armingWanted();

private:
    void addDeed(schema::Deed deed, const QString& text, const QString& name);
    void offerDeeds(domain::SchemaOrigin origin);
    void plan(schema::Deed deed);
    void show(const desk::SchemaReport& report);
    void fail(const pg::Failure& failure);
    void showGroups(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis);
    void showStatus(const domain::SnapshotPtr& snapshot);

    models::AnswerModel<models::DriftLine> m_drift;
    models::AnswerModel<models::StatusRow> m_status;
    Card* m_factsCard;
    Card* m_driftCard;
    Card* m_statusCard;
    FactsList* m_facts;
    QTableView* m_driftView;
    QTableView* m_statusView;
    TableController* m_driftTable;
    TableController* m_statusTable;
    std::map<schema::Deed, QAbstractButton*> m_deeds;
    bool m_planning = false;
    std::optional<desk::SchemaReport> m_report; ///< the newest
    Repeated<desk::SchemaReport> m_answer;
};

} // namespace ui
