// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/barriermodels.h"
#include "ui/page.h"
#include "ui/repeated.h"

class QScrollArea;
class QTableView;

namespace ui {

class BatchMatrix;
class Card;
class ForeignBanner;
class InstallChooser;
class TableController;

/// Barriers of fan-outs, and of one execution how far each of its batches is.
class BarriersPage : public Page {
    Q_OBJECT

public:
    explicit BarriersPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& execution) override;

    Subject subject() const override;

    QWidget* mainView() const override;
    bool isComplete() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeMatrix();
    void fitMatrix();
    void useInstall();
    void showInstalls(const std::vector<domain::WorkInstall>& installs);
    void showBarriers(const domain::Barriers& barriers);
    void showDetail(const domain::BarrierDetail& detail);
    void fail(const pg::Failure& failure);
    void failDetail(const pg::Failure& failure);
    void clear();
    void choose();
    std::string execution() const;
    std::int64_t lostOf(const domain::Barrier& barrier) const;

    models::AnswerModel<models::BarrierLine> m_barriers;
    models::AnswerModel<models::BatchLine> m_batches;
    std::optional<domain::WorkInstall> m_install;
    std::optional<pg::Timestamp> m_past;                                 ///< the recorded instant that is shown
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> m_lost; ///< by execution: its epoch, and how many
    std::string m_shown;
    QString m_wanted;
    Card* m_barrierCard;
    Card* m_batchCard;
    QTableView* m_barrierView;
    QTableView* m_batchView;
    TableController* m_barrierTable;
    TableController* m_batchTable;
    InstallChooser* m_chooser;
    ForeignBanner* m_foreign;
    BatchMatrix* m_matrix;
    QScrollArea* m_matrixArea;
    Repeated<std::vector<domain::WorkInstall>> m_installAnswer;
    Repeated<domain::Barriers> m_barrierAnswer;
    Repeated<domain::BarrierDetail> m_detailAnswer;
};

} // namespace ui
