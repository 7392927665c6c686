// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/training/DataSource.h"
#include "core/training/FineTuneOptions.h"

#include <filesystem>
#include <string>

namespace heirloom {

/// The built-in example: a small vision transformer that reads handwritten digits, and a student a
/// quarter as wide, with three of its four blocks. Where it came from and how the teacher was
/// trained: resources/samples/README.md.
struct Example {
    std::filesystem::path teacher;
    std::string studentName;
    DataSource data;
    FineTuneOptions options;
};

/// Folder of the samples: share/heirloom/samples beside the installed program, else that of the
/// source tree. An Error when neither is there.
[[nodiscard]] Result<Example> builtInExample();

} // namespace heirloom
