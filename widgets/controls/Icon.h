// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace heirloom {

/// A line icon of resources/icons ("play", "pause", "stop" ...), drawn when it is painted: in the text colour of the theme
/// then in force, at the size and pixel ratio asked for. Null for a name that is not there.
[[nodiscard]] QIcon icon(const QString& name);

/// The same as a picture of `size` x `size` logical pixels in a colour of choice.
[[nodiscard]] QPixmap iconPixmap(const QString& name, int size, const QColor& colour, double pixelRatio);

/// The program's own icon, in colour.
[[nodiscard]] QIcon programIcon();

} // namespace heirloom
