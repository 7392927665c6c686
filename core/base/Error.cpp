// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Error.h"

namespace heirloom {

std::string Error::message() const {
    std::string line = where.empty() ? text : where + ": " + text;
    if (advice.empty())
        return line;
    if (!line.empty() && line.back() != '.')
        line += '.';
    line += ' ' + advice;
    if (line.back() != '.')
        line += '.';
    return line;
}

Error withAdvice(Error error, std::string advice) {
    error.advice = std::move(advice);
    return error;
}

} // namespace heirloom
