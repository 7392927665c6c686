// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/MessageBoxes.h"

#include <QAbstractButton>
#include <QApplication>
#include <QMessageBox>
#include <QPushButton>

#include <utility>

namespace heirloom {

void showAbout(QWidget* parent) {
    auto* box = new QMessageBox(
        QMessageBox::NoIcon,
        QObject::tr("About Heirloom"),
        QObject::tr("Heirloom %1\n\nStarts a small network from the weights of a larger "
                    "one:\nweight selection, Xu et al., ICLR 2024 (arXiv "
                    "2311.18823).\n\nGPL-3.0-or-later")
            .arg(QApplication::applicationVersion()),
        QMessageBox::Close,
        parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

void askToQuit(QWidget* parent, int running, std::function<void()> quit) {
    auto* box = new QMessageBox(
        QMessageBox::NoIcon,
        QObject::tr("Fine-tuning is running"),
        QObject::tr("Quitting stops what runs (%1), and what it has learned is lost.").arg(running),
        QMessageBox::NoButton,
        parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    QAbstractButton* leave = box->addButton(QObject::tr("Stop and quit"), QMessageBox::AcceptRole);
    box->addButton(QObject::tr("Keep running"), QMessageBox::RejectRole);
    QObject::connect(box,
                     &QMessageBox::buttonClicked,
                     parent,
                     [leave, quit = std::move(quit)](QAbstractButton* clicked) {
                         if (clicked == leave)
                             quit();
                     });
    box->open();
}

} // namespace heirloom
