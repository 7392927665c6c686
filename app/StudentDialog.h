// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QList>
#include <QPair>
#include <QString>

class QLineEdit;
class QListWidget;

namespace heirloom {

/// Asks for a student: one of the fitting models, a name with changes, or a file.
class StudentDialog final : public QDialog {
    Q_OBJECT

public:
    /// \param suggestions name and a line about it, best first
    StudentDialog(const QList<QPair<QString, QString>>& suggestions,
                  const QString& present,
                  QWidget* parent = nullptr);

signals:
    void studentChosen(const QString& text); ///< a name with changes
    void fileRequested();

private:
    QLineEdit* m_name;
    QListWidget* m_list;
};

} // namespace heirloom
