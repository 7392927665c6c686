// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/ExportPath.h"

#include "widgets/Theme.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>

#include <vector>

namespace heirloom {

std::span<const ExportFormat> exportFormats() {
    static const std::vector<ExportFormat> formats = {
        {QStringLiteral(".safetensors"), {QStringLiteral(".safetensors")}, ExportPath::tr("safetensors"),
         ExportPath::tr("Opens in timm, transformers and everything that reads safetensors")},
        {QStringLiteral(".pth"), {QStringLiteral(".pth"), QStringLiteral(".pt"), QStringLiteral(".bin")},
         ExportPath::tr("PyTorch (.pth)"), ExportPath::tr("Opens with torch.load(weights_only=True)")},
        {QStringLiteral(".h5"), {QStringLiteral(".h5"), QStringLiteral(".hdf5")}, ExportPath::tr("HDF5 (.h5)"),
         ExportPath::tr("One dataset a tensor; opens with h5py")},
    };
    return formats;
}

const ExportFormat* formatOf(const QString& path) {
    for (const ExportFormat& format : exportFormats())
        for (const QString& ending : format.endings)
            if (path.trimmed().endsWith(ending, Qt::CaseInsensitive))
                return &format;
    return nullptr;
}

ExportPath::ExportPath(QWidget* parent) : QWidget(parent) {
    m_field = new QLineEdit;
    m_field->setObjectName(QStringLiteral("exportPath"));
    m_field->setAccessibleName(tr("Path of the exported file"));
    auto* browseButton = new QPushButton(tr("Browse…"));
    browseButton->setObjectName(QStringLiteral("exportBrowse"));
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::space);
    line->addWidget(m_field, 1);
    line->addWidget(browseButton);
    connect(m_field, &QLineEdit::textEdited, this, [this](const QString& path) { emit changed(path, true); });
    connect(browseButton, &QPushButton::clicked, this, &ExportPath::browse);
}

QString ExportPath::text() const { return m_field->text(); }

void ExportPath::setText(const QString& path) {
    if (path == m_field->text())
        return;
    m_field->setText(path);
    m_field->setCursorPosition(int(path.size())); // the name matters more than the folder
    emit changed(path, false);
}

void ExportPath::setEnding(const QString& ending) {
    QString path = m_field->text();
    if (const ExportFormat* old = formatOf(path)) {
        for (const QString& known : old->endings)
            if (path.endsWith(known, Qt::CaseInsensitive)) {
                path.chop(known.size());
                break;
            }
    }
    setText(path + ending);
}

void ExportPath::browse() {
    auto* dialog = new QFileDialog(this, tr("Export student"));
    dialog->setObjectName(QStringLiteral("exportDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(m_field->text());
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_field->setText(path);
        emit changed(path, true);
    });
    dialog->open();
}

} // namespace heirloom
