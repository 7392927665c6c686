// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/LayerFilter.h"

#include <algorithm>

namespace heirloom {
namespace {

bool shapeMatches(const std::string& shape, const QString& wanted) {
    const QString text = QString::fromStdString(shape);
    return text == wanted || text.split(QChar(0xD7)).contains(wanted);
}

bool wordMatches(const PairNode& node, const QString& word) {
    if (word.startsWith(u"shape:")) {
        // An x or a star is easier to type than the multiplication sign.
        const QString wanted = word.mid(6).replace(u'x', QChar(0xD7)).replace(u'*', QChar(0xD7));
        return shapeMatches(node.student.shape, wanted) || shapeMatches(node.teacher.shape, wanted);
    }
    if (word == u"fresh")
        return node.freshParameters > 0;
    if (word == u"inherited")
        return !node.inherited.empty();
    if (word == u"resampled")
        return node.resampledParameters > 0;
    if (word == u"blended")
        return node.blended;
    if (word == u"unused")
        return node.teacher.exists() && !node.teacherTaken;
    const auto named = [&word](const PairSide& side) {
        return QString::fromStdString(side.path).contains(word, Qt::CaseInsensitive) ||
               std::ranges::any_of(side.parameters, [&word](const std::string& name) {
                   return QString::fromStdString(name).contains(word, Qt::CaseInsensitive);
               });
    };
    return named(node.student) || named(node.teacher);
}

} // namespace

LayerFilter::LayerFilter(const QString& text) : m_words(text.split(u' ', Qt::SkipEmptyParts)) {}

bool LayerFilter::matches(const PairNode& module) const {
    return std::ranges::all_of(
        m_words, [&module](const QString& word) { return wordMatches(module, word); });
}

} // namespace heirloom
