// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QList>
#include <QString>

#include <functional>
#include <optional>
#include <vector>

class QKeyEvent;
class QShortcut;
class QWidget;

/// Every key of the console in one table: the shortcuts are made from it, drawn views ask it, the list shows it.
namespace ui::keys {

/// Where a key does something.
enum class Place { Window, Table, Facts, Filter, Events, Timeline, Chart, Matrix, Navigation };

enum class Deed {
    OpenPalette,
    GoToPage, ///< the n-th of its keys to the n-th page
    FilterTable,
    SampleNow,
    Pause,
    ShowPast,
    OpenServer,
    CloseWindow,
    ShowKeys,
    OpenRow,
    RowMenu,
    CopyRows,
    Explain,
    CopyFacts,
    SavedFilters,
    PageBack,
    PageForward,
    CancelQuestion,
    BarBefore,
    BarAfter,
    LaneAbove,
    LaneBelow,
    PanLittleLeft,
    PanLittleRight,
    PanLeft,
    PanRight,
    ShowBegin,
    FollowNow,
    ZoomIn,
    ZoomOut,
    ShowAll,
    OpenBar,
    CursorLeft,
    CursorRight,
    CursorFarLeft,
    CursorFarRight,
    CursorToBegin,
    CursorToEnd,
    MarkFirst,
    MarkSecond,
    SquareLeft,
    SquareRight,
    SquareAbove,
    SquareBelow,
    PageAbove,
    PageBelow,
};

struct Key {
    Deed deed;
    Place place;
    QList<QKeySequence> keys;
    QString meaning;
};

const std::vector<Key>& all();
const Key& of(Deed deed);

/// "Ctrl+K", in the platform's words; of several the first.
QString text(Deed deed, int which = 0);
/// "Sample now (F5)"
QString withKeys(const QString& meaning, Deed deed);
QString title(Place place);

/// Makes the shortcuts of a deed. In the window they work everywhere, elsewhere within the widget.
void bind(Deed deed, QWidget* widget, const std::function<void(int which)>& run);
/// What a key means to a view that takes its keys itself.
std::optional<Deed> pressed(Place place, const QKeyEvent& event);

} // namespace ui::keys
