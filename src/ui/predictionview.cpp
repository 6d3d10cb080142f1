// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/predictionview.h"

#include "ui/card.h"
#include "ui/paint.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QFormLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// One number of a prediction in a frame.
class Tile : public QWidget {
public:
    explicit Tile(const domain::PredictedNumber& content) {
        auto* layout = new QVBoxLayout(this);
        layout->setContentsMargins(space::large, 10, space::large, 10);
        layout->setSpacing(2);
        layout->addWidget(dimLabel(words::ofRegistry(content.label)));
        auto* value = wrappedLabel(words::harmless(content.value));
        value->setFont(tabular(numberFont()));
        if (content.alarming)
            setInk(value, models::Tone::Critical);
        layout->addWidget(value);
        QLabel* note = dimLabel(words::harmless(content.note));
        note->setWordWrap(true);
        layout->addWidget(note);
        layout->addStretch();
        setAccessibleName(words::ofRegistry(content.label) + u": "_s + value->text() + u". "_s + note->text());
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        drawPanel(&painter, rect(), colors().panel, colors().line, space::radius);
    }
};

QString joined(const std::vector<std::string>& sentences) {
    QStringList list;
    for (const std::string& sentence : sentences)
        list += words::ofRegistry(sentence);
    return list.join(u'\n');
}

/// What an action read of a file or of messages.
QString quoted(const std::vector<std::string>& lines) {
    QStringList list;
    for (const std::string& line : lines)
        list += words::harmless(words::ofRegistry(line).toStdString());
    return list.join(u'\n');
}

} // namespace

PredictionView::PredictionView(QWidget* parent)
    : QWidget(parent)
    , m_tiles(new QWidget)
    , m_facts(new QWidget) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    m_tiles->setLayout(new QHBoxLayout);
    m_tiles->layout()->setContentsMargins(0, 0, 0, 0);
    m_tiles->layout()->setSpacing(space::large);
    layout->addWidget(m_tiles);
    auto* facts = new QFormLayout(m_facts);
    facts->setContentsMargins(space::small, 0, space::small, 0);
    facts->setHorizontalSpacing(28);
    facts->setVerticalSpacing(space::medium);
    facts->setLabelAlignment(Qt::AlignLeft);
    layout->addWidget(m_facts);
    hide();
}

void PredictionView::say(const domain::Prediction& prediction) {
    QLayout* layout = m_tiles->layout();
    while (QLayoutItem* item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const domain::PredictedNumber& content : prediction.numbers)
        layout->addWidget(new Tile(content));
    m_tiles->setVisible(!prediction.numbers.empty());
    auto* form = qobject_cast<QFormLayout*>(m_facts->layout());
    while (form->rowCount() > 0)
        form->removeRow(0);
    const auto add = [form](const QString& name, const QString& text) {
        if (!text.isEmpty())
            form->addRow(dimLabel(name), wrappedLabel(text));
    };
    add(tr("Also changes"), joined(prediction.alsoChanges));
    add(tr("Can be undone"), words::ofRegistry(prediction.undo));
    add(tr("In detail"), quoted(prediction.details));
    m_facts->setVisible(form->rowCount() > 0);
    setVisible(!prediction.numbers.empty() || form->rowCount() > 0);
}

QLabel* wrappedLabel(const QString& text) {
    auto* label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    makeSelectable(label);
    return label;
}

} // namespace ui
