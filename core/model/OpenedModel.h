// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/OpenOptions.h"
#include "core/model/ModelSpec.h"

#include <memory>
#include <string>
#include <string_view>

namespace heirloom {

/// An architecture with, where there is a file, its weights.
struct OpenedModel {
    std::shared_ptr<const Checkpoint> checkpoint; ///< null for a model given by name alone
    std::shared_ptr<const ModelSpec> spec;

    /// "vit_small_patch16_224 · 22.1 M · F32"
    [[nodiscard]] std::string title() const;
};

/// A file ("teacher.pth"), a file with what its tensors cannot tell ("teacher.pth:heads=4"), or,
/// where `allowNames`, a model name with changes ("vit_tiny_patch16_224:num_classes=100").
///
/// Among the words behind a file, `nest=` and `prefix=` choose the state dict in it and what is
/// taken off its names ("run.pth:nest=model_ema,prefix=backbone."); they go before `options`.
enum class ModelText { FileOnly, FileOrName };
[[nodiscard]] Result<OpenedModel> openModel(std::string_view text,
                                            ModelText kind,
                                            const OpenOptions& options = {});

/// openModel() of a file for looking at its tensors. With more of them than any known family has,
/// the families are not asked and the spec has no parameters: both would take more memory and time
/// than the tensors.
[[nodiscard]] Result<OpenedModel> listModel(std::string_view text, const OpenOptions& options = {});

/// A published name as it is; else what a person would say: "vit 32 wide, 3 deep".
[[nodiscard]] std::string spokenName(const ModelSpec& spec);

/// An Error when the tensors of `spec` need more than the memory that is free now.
[[nodiscard]] Status fitsInMemory(const ModelSpec& spec);

/// "22.1 M", "5.7 k", "812": three significant figures.
[[nodiscard]] std::string shortCountText(std::int64_t value);
/// "22.2 MB" (powers of ten).
[[nodiscard]] std::string byteCountText(std::int64_t bytes);

} // namespace heirloom
