// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/page.h"
#include "ui/preferences.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QPlainTextEdit;
class QSpinBox;

namespace ui {

class Card;

/// What can be set for all windows: looks, times, sampling, thresholds, what is hidden. Takes effect at once.
class SettingsPage : public Page {
    Q_OBJECT

public:
    SettingsPage(const PageTools& tools, std::shared_ptr<Preferences> preferences, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot&, const domain::Diagnosis&) override {}

    void setStale(bool) override {}

    void setZone(const QTimeZone&) override {}

    void openSubject(const QString&) override {}

    Subject subject() const override { return {}; }

    QWidget* mainView() const override;

private:
    Card* makeLooks();
    Card* makeThresholds();
    Card* makeMasking();
    void show();
    void tellRecording();
    void takeMasking();
    void tryMasking();

    std::shared_ptr<Preferences> m_preferences;
    QComboBox* m_theme = nullptr;
    QComboBox* m_zone = nullptr;
    QComboBox* m_period = nullptr;
    QCheckBox* m_record = nullptr;
    QSpinBox* m_budget = nullptr;
    QLabel* m_recorded = nullptr;
    std::vector<std::pair<ThresholdField, QWidget*>> m_fields;
    QCheckBox* m_mask = nullptr;
    QPlainTextEdit* m_keys = nullptr;
    QPlainTextEdit* m_expressions = nullptr;
    QPlainTextEdit* m_sample = nullptr;
    QLabel* m_masked = nullptr;
    QLabel* m_problem = nullptr;
    bool m_showing = false;
};

} // namespace ui
