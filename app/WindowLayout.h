// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QMainWindow;

namespace heirloom {

// Size, place and splitters of the main window, kept between starts.

/// As it was when last closed; the first size where it never was.
void restoreGeometry(QMainWindow& window);
void setFirstSize(QMainWindow& window);
/// \pre the splitters are shown and have their size
void restoreSplitters(QMainWindow& window);
/// \param withSplitters false where they were never shown, and have no sizes worth keeping
void saveLayout(const QMainWindow& window, bool withSplitters);

} // namespace heirloom
