// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/engine/Network.h"
#include "core/engine/data/Batches.h"
#include "core/engine/data/ImageCache.h"

#include <memory>
#include <optional>

namespace heirloom {

/// A batch on the network's device.
struct Batch {
    at::Tensor input;  ///< [N, C, H, W] float32
    at::Tensor labels; ///< [N] int64
};

/// The splits of a dataset as one model takes them.
class TrainingData {
public:
    enum class Wanted { Both, HeldOutOrTrain };

    /// Opens, checks classes and channels against the model, decodes what is wanted.
    /// \return null when a stop was asked for meanwhile
    [[nodiscard]] static Result<std::unique_ptr<TrainingData>> open(const DataSource& source,
                                                                    const ModelSpec& model,
                                                                    const Network& network,
                                                                    Wanted wanted,
                                                                    ImageCache& cache,
                                                                    RunControl& control);

    /// Null where there are none.
    [[nodiscard]] Batches* train() { return m_train ? &*m_train : nullptr; }
    [[nodiscard]] Batches* heldOut() { return m_heldOut ? &*m_heldOut : nullptr; }

private:
    std::optional<Batches> m_train;
    std::optional<Batches> m_heldOut;
};

/// Images `indices` of `batches` on `device`, augmented where `random` is given.
[[nodiscard]] Result<Batch> makeBatch(Batches& batches,
                                      std::span<const std::int64_t> indices,
                                      at::Device device,
                                      const Augmentation& augmentation = {},
                                      Random* random = nullptr);

} // namespace heirloom
