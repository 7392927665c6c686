// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/controls/SourceButton.h"

#include <QStringList>
#include <QWidget>

#include <string>

class QComboBox;

namespace heirloom {

class NotesButton;
class SectionTitle;

/// The line above the trees: teacher and student by name, and the rule that says which teacher
/// layers are taken.
class LayerTreeHeader final : public QWidget {
    Q_OBJECT

public:
    explicit LayerTreeHeader(QWidget* parent = nullptr);

    void setTitles(const QString& teacher, const QString& student);
    /// What the two files and the plan have to tell; empty lists show nothing.
    void setNotes(const QStringList& teacher, const QStringList& student);
    /// What of each file is read; nothing is shown where there is no choice.
    void setSources(const SourceChoices& teacher, const SourceChoices& student);
    /// \param rule name in layerRules(); empty: chosen stack by stack, or by hand
    void setRule(const std::string& rule, bool enabled);

signals:
    void ruleRequested(const std::string& rule);
    void teacherSourceRequested(const heirloom::SourceChoice& choice);
    void studentSourceRequested(const heirloom::SourceChoice& choice);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    SectionTitle* m_teacher;
    SectionTitle* m_student;
    SourceButton* m_teacherSource;
    SourceButton* m_studentSource;
    NotesButton* m_teacherNotes;
    NotesButton* m_studentNotes;
    QComboBox* m_rule;
    QString m_shown; ///< the plan's rule; empty: by hand
};

} // namespace heirloom
