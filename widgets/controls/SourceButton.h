// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/OpenOptions.h"

#include <QAbstractButton>

#include <optional>
#include <string>
#include <vector>

class QMenu;

namespace heirloom {

/// What a file leaves to choose of how it is read, and what is read now.
struct SourceChoices {
    std::vector<NestChoice> nests;
    std::string nest;
    std::vector<std::string> prefixes; ///< that could be taken off the names
    std::string prefix;                ///< taken off
    bool isDoubtful = false; ///< what is read now is no net that is known: look here first
    [[nodiscard]] bool isEmpty() const {
        return nests.size() < 2 && prefixes.empty() && prefix.empty();
    }
    bool operator==(const SourceChoices&) const = default;
};

/// A user's choice, in the words of OpenOptions.
struct SourceChoice {
    std::optional<std::string> nest;
    std::optional<std::string> prefix;
    bool operator==(const SourceChoice&) const = default;
};

/// "model_ema" with an arrow: which of a file's state dicts is shown, and which prefix was taken
/// off its names. A press offers the others; hidden where there is no choice.
class SourceButton final : public QAbstractButton {
    Q_OBJECT

public:
    explicit SourceButton(QWidget* parent = nullptr);

    void setChoices(const SourceChoices& choices);
    [[nodiscard]] QSize sizeHint() const override;

signals:
    /// Another choice than the present one.
    void chosen(const heirloom::SourceChoice& choice);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showMenu();
    void addNests(QMenu& menu);
    void addPrefixes(QMenu& menu);
    [[nodiscard]] std::optional<std::string> shownNest() const;

    SourceChoices m_choices;
};

} // namespace heirloom
