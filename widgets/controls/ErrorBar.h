// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace heirloom {

/// The inline bar for what went wrong: what, why and what to do, as plain text that can be copied; hidden without text.
class ErrorBar final : public QWidget {
    Q_OBJECT

public:
    enum class Tone { Error, Warning, Fine };

    explicit ErrorBar(QWidget* parent = nullptr);

    void setText(const QString& text); ///< empty hides the bar
    [[nodiscard]] QString text() const;
    void setTone(Tone tone);
    /// A button that does what the text advises; an empty word hides it.
    void setAction(const QString& word);

signals:
    void actionTriggered();
    void closed(); ///< by the user

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* m_text;
    QPushButton* m_action;
    Tone m_tone = Tone::Error;
};

} // namespace heirloom
