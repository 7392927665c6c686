// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Error.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

TEST(Error, ReadsAsOneLine) {
    EXPECT_EQ((Error{"a.pth", "the file is empty", "Get it again"}.message()),
              "a.pth: the file is empty. Get it again.");
    EXPECT_EQ((Error{"", "no name", ""}.message()), "no name");
    const Status failed = fail("x", "expected {}, found {}", 2, 3);
    ASSERT_FALSE(failed);
    EXPECT_EQ(withAdvice(failed.error(), "Try").message(), "x: expected 2, found 3. Try.");
}

} // namespace
} // namespace heirloom
