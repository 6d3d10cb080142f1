// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QBrush>
#include <QFont>
#include <QPen>
#include <QList>
#include <QRect>
#include <QSize>

class QPainter;

namespace ui {

/// Small drawings that several widgets share. All colours come from the theme.

/// A rounded surface with a one-pixel line; either colour may be transparent or invalid.
void drawPanel(QPainter* painter, const QRect& rect, const QColor& fill, const QColor& line, qreal radius);
/// The same with another line than a plain one.
void drawLinedPanel(QPainter* painter, const QRect& rect, const QColor& fill, const QPen& line, qreal radius);

/// The same for what a tone says: on the tone's ground, or, where there are no grounds, in a line of its own kind.
void drawTonedPanel(QPainter* painter, const QRect& rect, models::Tone tone, qreal radius);

/// Fills what is only known to lie somewhere in there.
QBrush vagueBrush();

/// A word on a ground with a sign before it, so that colour never stands alone.
void drawChip(QPainter* painter, const QRect& rect, const QString& word, models::Tone tone, const QFont& font);
QSize chipSize(const QString& word, const QFont& font);

/// Triangle, dot, check mark or bars.
void drawSign(QPainter* painter, const QRectF& rect, models::Tone tone);

/// So many values at most, each the mean of as many of the given ones; a mean over something not observed is not known.
QList<double> meansOf(const QList<double>& values, int most);

/// A line over the values, oldest left, scaled from zero; nothing is drawn where nothing was observed.
void drawSparkline(QPainter* painter, const QRectF& rect, const QList<double>& values);

/// A track across the rect, filled from the left to the share, 0 to 1.
void drawShare(QPainter* painter, const QRectF& rect, double share, models::Tone tone);

/// What has the keys.
void drawFocusSign(QPainter* painter, const QRect& rect);

void drawSortSign(QPainter* painter, const QRect& rect, bool up);

} // namespace ui
