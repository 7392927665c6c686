// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLineEdit;
class QPushButton;
class QTimer;

namespace heirloom {

class SegmentedControl;

/// The one row of tools above every screen.
class ToolRow final : public QWidget {
    Q_OBJECT

public:
    explicit ToolRow(QWidget* parent = nullptr);

    void setScreen(int index);                   ///< 0 Map, 1 Train, 2 Export
    void setState(bool hasPlan, bool canExport); ///< what can be clicked now
    void focusSearch();
    void setMatches(int shown, int total); ///< "12 of 152"; total 0 hides it

signals:
    void openTeacherRequested();
    void openStudentRequested();
    void screenRequested(int index);
    void searchChanged(const QString& text); ///< 150 ms after the last key
    void searchLeft();                       ///< Return: on to the results
    void exportRequested();
    void trainRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    SegmentedControl* m_screens;
    QLineEdit* m_search;
    QPushButton* m_export;
    QPushButton* m_train;
    QTimer* m_searchDelay;
};

} // namespace heirloom
