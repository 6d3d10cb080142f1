// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/keys.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QShortcut>
#include <QWidget>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui::keys {

namespace {

struct Keys {
    Q_DECLARE_TR_FUNCTIONS(Keys)
};

QList<QKeySequence> pages() {
    QList<QKeySequence> keys;
    for (const Qt::KeyboardModifiers modifiers :
         {Qt::KeyboardModifiers(Qt::ControlModifier), Qt::ControlModifier | Qt::ShiftModifier}) {
        for (int at = 0; at < 9; ++at)
            keys += QKeySequence(QKeyCombination(modifiers, Qt::Key(Qt::Key_1 + at)));
    }
    return keys;
}

std::vector<Key> make() {
    using enum Deed;
    using enum Place;
    return {
        {OpenPalette, Window, {Qt::CTRL | Qt::Key_K}, Keys::tr("Search pages, actions and queues")},
        {GoToPage, Window, pages(), Keys::tr("Go to a page; from the tenth on with Shift")},
        {FilterTable, Window, {Qt::CTRL | Qt::Key_F}, Keys::tr("Filter the table")},
        {SampleNow, Window, {Qt::Key_F5}, Keys::tr("Sample now")},
        {Pause, Window, {Qt::CTRL | Qt::Key_Space}, Keys::tr("Pause, or live again")},
        {ShowPast, Window, {Qt::CTRL | Qt::Key_H}, Keys::tr("Show the past, or live again")},
        {OpenServer, Window, {Qt::CTRL | Qt::Key_N}, Keys::tr("Open another server")},
        {CloseWindow, Window, QKeySequence::keyBindings(QKeySequence::Close), Keys::tr("Close the window")},
        {ShowKeys, Window, {Qt::Key_F1}, Keys::tr("This list")},
        {OpenRow, Table, {Qt::Key_Return}, Keys::tr("Open what is selected")},
        {RowMenu, Table, {Qt::Key_Menu, Qt::SHIFT | Qt::Key_F10}, Keys::tr("Actions on what is selected")},
        {CopyRows, Table, QKeySequence::keyBindings(QKeySequence::Copy), Keys::tr("Copy the selected rows as text")},
        {Explain, Table, {Qt::CTRL | Qt::Key_I}, Keys::tr("Explain the cell: what its tooltip says")},
        {CopyFacts, Facts, QKeySequence::keyBindings(QKeySequence::Copy), Keys::tr("Copy all of them as text")},
        {SavedFilters, Filter, {Qt::ALT | Qt::Key_Down}, Keys::tr("The saved filters")},
        {PageBack, Events, {Qt::CTRL | Qt::Key_PageUp}, Keys::tr("Page before")},
        {PageForward, Events, {Qt::CTRL | Qt::Key_PageDown}, Keys::tr("Go on from here")},
        {CancelQuestion, Events, {Qt::Key_Escape}, Keys::tr("End what the server is asked here")},
        {BarBefore, Timeline, {Qt::Key_Left}, Keys::tr("Batch before")},
        {BarAfter, Timeline, {Qt::Key_Right}, Keys::tr("Batch after")},
        {LaneAbove, Timeline, {Qt::Key_Up}, Keys::tr("Lane above")},
        {LaneBelow, Timeline, {Qt::Key_Down}, Keys::tr("Lane below")},
        {PanLittleLeft, Timeline, {Qt::CTRL | Qt::Key_Left}, Keys::tr("Back in time a little")},
        {PanLittleRight, Timeline, {Qt::CTRL | Qt::Key_Right}, Keys::tr("On in time a little")},
        {PanLeft, Timeline, {Qt::Key_PageUp}, Keys::tr("Back in time by a page")},
        {PanRight, Timeline, {Qt::Key_PageDown}, Keys::tr("On in time by a page")},
        {ShowBegin, Timeline, {Qt::Key_Home}, Keys::tr("Where looking began")},
        {FollowNow, Timeline, {Qt::Key_F, Qt::Key_End}, Keys::tr("Follow the present")},
        {ZoomIn, Timeline, {Qt::Key_Plus, Qt::Key_Equal}, Keys::tr("Show less time")},
        {ZoomOut, Timeline, {Qt::Key_Minus}, Keys::tr("Show more time")},
        {ShowAll, Timeline, {Qt::Key_0}, Keys::tr("Show everything")},
        {OpenBar, Timeline, {Qt::Key_Return, Qt::Key_Enter}, Keys::tr("Open the batch")},
        {CursorLeft, Chart, {Qt::Key_Left}, Keys::tr("Cursor back")},
        {CursorRight, Chart, {Qt::Key_Right}, Keys::tr("Cursor on")},
        {CursorFarLeft, Chart, {Qt::CTRL | Qt::Key_Left}, Keys::tr("Cursor back by far")},
        {CursorFarRight, Chart, {Qt::CTRL | Qt::Key_Right}, Keys::tr("Cursor on by far")},
        {CursorToBegin, Chart, {Qt::Key_Home}, Keys::tr("Cursor to the beginning")},
        {CursorToEnd, Chart, {Qt::Key_End}, Keys::tr("Cursor to the end")},
        {MarkFirst, Chart, {Qt::Key_Return, Qt::Key_Enter, Qt::Key_Space}, Keys::tr("Mark instant A")},
        {MarkSecond,
         Chart,
         {Qt::SHIFT | Qt::Key_Return, Qt::SHIFT | Qt::Key_Enter, Qt::SHIFT | Qt::Key_Space},
         Keys::tr("Mark instant B")},
        {SquareLeft, Matrix, {Qt::Key_Left}, Keys::tr("Batch before")},
        {SquareRight, Matrix, {Qt::Key_Right}, Keys::tr("Batch after")},
        {SquareAbove, Matrix, {Qt::Key_Up}, Keys::tr("Batch above")},
        {SquareBelow, Matrix, {Qt::Key_Down}, Keys::tr("Batch below")},
        {PageAbove, Navigation, {Qt::Key_Up}, Keys::tr("Page above")},
        {PageBelow, Navigation, {Qt::Key_Down}, Keys::tr("Page below")},
    };
}

} // namespace

const std::vector<Key>& all() {
    static const std::vector<Key> keys = make();
    return keys;
}

const Key& of(Deed deed) {
    return *std::find_if(all().begin(), all().end(), [deed](const Key& key) { return key.deed == deed; });
}

QString text(Deed deed, int which) {
    return of(deed).keys.value(which).toString(QKeySequence::NativeText);
}

QString withKeys(const QString& meaning, Deed deed) {
    return u"%1 (%2)"_s.arg(meaning, text(deed));
}

QString title(Place place) {
    switch (place) {
    case Place::Window:
        return Keys::tr("Everywhere");
    case Place::Table:
        return Keys::tr("Tables");
    case Place::Facts:
        return Keys::tr("Lists of facts");
    case Place::Filter:
        return Keys::tr("Filters");
    case Place::Events:
        return Keys::tr("Events");
    case Place::Timeline:
        return Keys::tr("Timeline");
    case Place::Chart:
        return Keys::tr("Charts");
    case Place::Matrix:
        return Keys::tr("Squares of batches");
    case Place::Navigation:
        return Keys::tr("Pages at the left");
    }
    return {};
}

void bind(Deed deed, QWidget* widget, const std::function<void(int which)>& run) {
    const Key& key = of(deed);
    for (int which = 0; which < int(key.keys.size()); ++which) {
        auto* shortcut = new QShortcut(key.keys[which], widget);
        shortcut->setContext(key.place == Place::Window   ? Qt::WindowShortcut
                             : key.place == Place::Events ? Qt::WidgetWithChildrenShortcut
                                                          : Qt::WidgetShortcut);
        QObject::connect(shortcut, &QShortcut::activated, widget, [run, which] { run(which); });
    }
}

std::optional<Deed> pressed(Place place, const QKeyEvent& event) {
    // Where a key is on the keyboard, and what it takes to type a plus, is all the same.
    const auto plain = event.modifiers() & ~Qt::KeypadModifier;
    for (const auto modifiers : {plain, plain & ~Qt::ShiftModifier}) {
        const QKeySequence typed(QKeyCombination(modifiers, Qt::Key(event.key())));
        for (const Key& key : all()) {
            if (key.place == place && key.keys.contains(typed))
                return key.deed;
        }
    }
    return std::nullopt;
}

} // namespace ui::keys
