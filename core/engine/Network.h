// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/engine/Torch.h"
#include "core/model/ModelSpec.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// Training: batch norm takes the batch's statistics and updates its buffers. Evaluation: it takes
/// the buffers.
enum class Mode { Training, Evaluation };

/// The tensors of a model on one device, by their stock names; parameters require gradients.
class WeightTable {
public:
    /// An Error names the first tensor of `model` that `weights` lacks or holds in another shape.
    /// `num_batches_tracked` may be missing.
    [[nodiscard]] static Result<WeightTable> make(const ModelSpec& model,
                                                  const StateDict& weights,
                                                  at::Device device);

    [[nodiscard]] bool has(const std::string& name) const { return m_index.contains(name); }
    /// \throws std::runtime_error that names the tensor when there is none
    [[nodiscard]] at::Tensor get(const std::string& name);
    /// Undefined when there is none.
    [[nodiscard]] at::Tensor find(const std::string& name);
    /// Names that neither get() nor find() was asked for: parts that the family's module does not
    /// know.
    [[nodiscard]] std::vector<std::string> unused() const;

    [[nodiscard]] const std::vector<std::pair<std::string, at::Tensor>>& entries() const {
        return m_entries;
    }
    [[nodiscard]] std::vector<at::Tensor> parameters() const;
    [[nodiscard]] std::vector<at::Tensor> buffers() const;

private:
    std::vector<std::pair<std::string, at::Tensor>> m_entries;
    std::unordered_map<std::string, std::size_t> m_index;
    std::set<std::string, std::less<>> m_used;
};

/// A family's forward pass. One object belongs to one thread.
class Network {
public:
    virtual ~Network() = default;
    /// \param input [N, C, H, W] float32 \return logits [N, classes]
    /// \throws c10::Error when the sizes do not fit
    [[nodiscard]] virtual at::Tensor forward(const at::Tensor& input, Mode mode) = 0;
    /// Side of the square images that the model is made for; 0 when it takes any size.
    [[nodiscard]] virtual int imageSide() const { return 0; }

    [[nodiscard]] const WeightTable& weights() const { return m_weights; }
    /// Stock names and order, on the host.
    [[nodiscard]] StateDict stateDict() const;

protected:
    explicit Network(WeightTable weights) : m_weights(std::move(weights)) {}
    WeightTable m_weights;
};

/// An Error when the family or a part of the model has no module here, the weights do not fit, or
/// there is no classifier.
/// \param model under the names of the family's first dialect
/// \param library the word for its names as they were given ("transformers"): its class is
/// computed; empty: the model's own
[[nodiscard]] Result<std::unique_ptr<Network>> makeNetwork(const ModelSpec& model,
                                                           const StateDict& weights,
                                                           at::Device device,
                                                           std::string_view library = {});

/// Classes of the model's head; 0 without a head.
[[nodiscard]] std::int64_t classCount(const ModelSpec& model);
/// Channels of the images that the model takes.
[[nodiscard]] int inputChannels(const ModelSpec& model);

} // namespace heirloom
