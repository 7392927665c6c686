// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QWidget>

namespace heirloom {

/// One line of plain text that gives way in its middle; the whole text is then its tool tip.
class ElidedLabel final : public QWidget {
    Q_OBJECT

public:
    enum class Tone { Text, Muted, Fine, Warning, Error };

    explicit ElidedLabel(const QString& text = {}, Tone tone = Tone::Text, QWidget* parent = nullptr);

    void setText(const QString& text);
    [[nodiscard]] QString text() const { return m_text; }
    void setTone(Tone tone);
    void setElideMode(Qt::TextElideMode mode);
    void setAlignment(Qt::Alignment alignment);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    QString m_text;
    Tone m_tone;
    Qt::TextElideMode m_elide = Qt::ElideMiddle;
    Qt::Alignment m_alignment = Qt::AlignLeft | Qt::AlignVCenter;
};

} // namespace heirloom
