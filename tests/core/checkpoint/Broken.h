// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

#include <string>

namespace heirloom::test {

/// A file that must be refused.
struct Broken {
    const char* name; ///< what is broken
    std::string bytes;
    const char* words; ///< part of the refusal
};

inline void expectRefused(const Broken& broken) {
    const auto opened = openText(broken.bytes);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find(broken.words), std::string::npos)
        << opened.error().message();
    EXPECT_NE(opened.error().where.find("<memory>"), std::string::npos);
}

} // namespace heirloom::test
