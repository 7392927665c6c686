// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

class QPainter;

namespace heirloom {

/// How a pill is drawn by a delegate: outline and word in one colour; dashed for what is fresh.
[[nodiscard]] QSize pillSize(const QString& text);
void drawPill(QPainter& painter, const QRect& rect, const QString& text, const QColor& colour, bool dashed = false);

/// A small word in an outline: "uniform", "12 mapped", "fresh", "! blended".
class Pill final : public QWidget {
    Q_OBJECT

public:
    enum class Tone { Muted, Accent, Fine, Warning, Error };

    explicit Pill(const QString& text = {}, Tone tone = Tone::Muted, QWidget* parent = nullptr);

    void setText(const QString& text); ///< empty hides it
    [[nodiscard]] QString text() const { return m_text; }
    void setTone(Tone tone);
    void setStrategy(const QString& name); ///< the strategy's colour in place of a tone
    void setDashed(bool dashed);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QString m_text;
    QString m_strategy;
    Tone m_tone;
    bool m_dashed = false;
};

} // namespace heirloom
