// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"
#include "core/model/OpenedModel.h"

#include <memory>

namespace heirloom {

/// Whether both are spelled alike: the same library's names, the same wrapper in front of them.
[[nodiscard]] bool speaksAlike(const ModelSpec& one, const ModelSpec& other);

/// The same weights under the names that `other`, a model of the same family, has for them: timm's
/// fused qkv becomes transformers' q, k and v, and the reverse. Nothing is copied; rows are read
/// through from the source. Parameters for which the source holds no weights are left out of the
/// spec. The model itself where it is of another family or spelled alike already.
///
/// \return an Error when the family cannot build these hyper-parameters in the other spelling
[[nodiscard]] Result<OpenedModel> spokenLike(const OpenedModel& model, const ModelSpec& other);

/// spokenLike() the family's first dialect (timm's for vision transformers), in which its modules
/// are written.
[[nodiscard]] Result<OpenedModel> inFirstDialect(const OpenedModel& model);

} // namespace heirloom
