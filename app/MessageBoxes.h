// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

class QWidget;

namespace heirloom {

/// What Heirloom is, of which version, under which licence.
void showAbout(QWidget* parent);
/// Asks before fine-tuning that has not ended is lost; `quit` runs where the user agrees.
void askToQuit(QWidget* parent, int running, std::function<void()> quit);

} // namespace heirloom
