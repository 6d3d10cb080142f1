// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/workmodels.h"
#include "ui/card.h"
#include "ui/notice.h"

#include <QComboBox>

class QSettings;
class QTableView;

namespace ui {

class TableController;

/// One queue's priorities: ready, in flight, lapsed and delayed of each.
class BandsCard : public Card {
    Q_OBJECT

public:
    explicit BandsCard(QSettings* settings, QWidget* parent = nullptr);

    /// delayed: empty where they are not known.
    void showBands(const domain::WorkQueue& queue, const std::optional<std::vector<domain::WorkDelayed>>& delayed,
                   pg::Timestamp now);
    void setNow(pg::Timestamp now);
    void setStale(bool stale);

private:
    models::AnswerModel<models::WorkBandLine> m_bands;
    TableController* m_table;
};

/// One queue's leases by the time that is left of them, with the double deliveries that come of it.
class LeasesCard : public Card {
    Q_OBJECT

public:
    explicit LeasesCard(QSettings* settings, QWidget* parent = nullptr);

    void showLeases(const std::string& queue, std::vector<models::WorkMessageLine> leases, pg::Timestamp now);
    void showFailure(const std::string& queue, const pg::Failure& failure);
    void setNow(pg::Timestamp now);
    void setZone(const QTimeZone& zone);

    TableController* table() const { return m_table; }

    /// Null: none is chosen.
    const domain::WorkMessage* current() const;

private:
    models::AnswerModel<models::WorkMessageLine> m_leases;
    TableController* m_table;
};

/// How often one queue's messages were claimed, as a histogram, and which of that is poison.
class ReadsCard : public Card {
    Q_OBJECT

public:
    explicit ReadsCard(QSettings* settings, QWidget* parent = nullptr);

    /// sampled: the counts are of what is in flight and of each band's front.
    void showReads(const domain::WorkQueue& queue, bool sampled, pg::Timestamp now);
    void setStale(bool stale);

private:
    models::AnswerModel<models::WorkReadsLine> m_reads;
    TableController* m_table;
};

/// Which of the work queues found in the database a page is about. Hidden while there is but one.
class InstallChooser : public QComboBox {
    Q_OBJECT

public:
    explicit InstallChooser(QWidget* parent = nullptr);

    /// Keeps what was chosen, by schema.
    void setInstalls(const std::vector<domain::WorkInstall>& installs);

    /// Null: there is none.
    const domain::WorkInstall* install() const;

Q_SIGNALS:
    void chosen();

private:
    std::vector<domain::WorkInstall> m_installs;
};

/// Says above a page that its tables were made by others, how they work, and that nothing here changes them. Hidden for
/// ours.
class ForeignBanner : public Banner {
    Q_OBJECT

public:
    using Banner::Banner;

    void tell(const domain::WorkInstall& install);
};

} // namespace ui
