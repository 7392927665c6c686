// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/Icon.h"

#include "widgets/Theme.h"

#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include <cmath>

// Outside the namespace, as the macro asks: resources of a static library are not registered by themselves.
static void registerResources() { Q_INIT_RESOURCE(resources); }

namespace heirloom {

namespace {

QByteArray svgOf(const QString& name) {
    static const bool once = [] {
        registerResources();
        return true;
    }();
    Q_UNUSED(once)
    static QHash<QString, QByteArray> cache;
    auto found = cache.find(name);
    if (found == cache.end()) {
        QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
        found = cache.insert(name, file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
    }
    return *found;
}

void render(QPainter& painter, const QString& name, const QRectF& rect, const QColor& colour) {
    QByteArray svg = svgOf(name);
    svg.replace("currentColor", colour.name().toLatin1());
    QSvgRenderer(svg).render(&painter, rect);
}

class LineIconEngine final : public QIconEngine {
public:
    explicit LineIconEngine(QString name) : m_name(std::move(name)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const double ratio = painter->device()->devicePixelRatioF();
        const int side = std::min(rect.width(), rect.height());
        QRect square(0, 0, side, side);
        square.moveCenter(rect.center());
        Q_UNUSED(state)
        painter->drawPixmap(square, iconPixmap(m_name, side, colourOf(mode), ratio));
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override {
        return iconPixmap(m_name, std::min(size.width(), size.height()), colourOf(mode), 1);
    }

    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal scale) override {
        QPixmap picture = iconPixmap(m_name, int(std::lround(std::min(size.width(), size.height()) / scale)),
                                     colourOf(mode), scale);
        return picture;
    }

    QIconEngine* clone() const override { return new LineIconEngine(*this); }
    QString key() const override { return QStringLiteral("heirloom-line"); }
    bool isNull() override { return svgOf(m_name).isEmpty(); }

private:
    static QColor colourOf(QIcon::Mode mode) {
        const Theme& t = theme();
        return mode == QIcon::Disabled ? blended(t.muted, t.surface, 0.6) : t.text;
    }

    QString m_name;
};

} // namespace

QIcon icon(const QString& name) { return QIcon(new LineIconEngine(name)); }

QPixmap iconPixmap(const QString& name, int size, const QColor& colour, double pixelRatio) {
    const QString key = QStringLiteral("heirloom/%1/%2/%3/%4").arg(name).arg(size).arg(colour.name()).arg(pixelRatio);
    QPixmap picture;
    if (QPixmapCache::find(key, &picture))
        return picture;
    const int side = int(std::lround(size * pixelRatio));
    picture = QPixmap(side, side);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    render(painter, name, QRectF(0, 0, side, side), colour);
    painter.end();
    picture.setDevicePixelRatio(pixelRatio);
    QPixmapCache::insert(key, picture);
    return picture;
}

QIcon programIcon() {
    QIcon answer;
    for (const int side : {16, 24, 32, 48, 64, 128, 256})
        answer.addPixmap(iconPixmap(QStringLiteral("heirloom"), side, QColor(), 1));
    return answer;
}

} // namespace heirloom
