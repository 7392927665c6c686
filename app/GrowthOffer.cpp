// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/GrowthOffer.h"

#include "widgets/controls/Buttons.h"

#include <QPushButton>

#include <algorithm>

namespace heirloom {

GrowthOffer::GrowthOffer(const Error& error, const std::vector<Growth>& ways, QWidget* parent)
    : QMessageBox(parent) {
    setObjectName(QStringLiteral("growthOffer"));
    setAttribute(Qt::WA_DeleteOnClose);
    setIcon(QMessageBox::NoIcon);
    setWindowTitle(tr("The student is larger than its teacher"));
    setText(tr("Weight selection only shrinks, but this student can grow from its teacher."));
    QString why =
        QString::fromStdString(error.where.empty() ? error.text : error.where + ": " + error.text);
    const auto offer = [&](Growth way, const QString& title, const QString& meaning) {
        if (std::ranges::find(ways, way) == ways.end())
            return;
        why += QStringLiteral("\n\n") + meaning;
        auto* button = addButton(title, QMessageBox::AcceptRole);
        if (way == ways.front())
            setPrimary(button, true);
        connect(button, &QPushButton::clicked, this, [this, way] { emit chosen(way); });
    };
    offer(Growth::Net2Net,
          tr("Grow by Net2Net"),
          tr("Net2Net replicates channels and adds identity layers, so that the student computes "
             "what the teacher computes (Chen et al., ICLR 2016)."));
    offer(
        Growth::Stack,
        tr("Stack layers"),
        tr("Stacking repeats the teacher's layers in order (Gong et al., ICML 2019). The function "
           "is not kept."));
    setInformativeText(why);
    addButton(tr("Choose another student"), QMessageBox::RejectRole);
}

} // namespace heirloom
