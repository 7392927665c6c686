// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/engine/Network.h"
#include "core/model/ModelSpec.h"

#include <memory>

namespace heirloom {

/// A model under the names in which the modules here are written, whatever library's names it came
/// with. Copies no weights where these are the same.
class FirstDialect {
public:
    [[nodiscard]] static Result<FirstDialect> of(const ModelSpec& model, const StateDict& weights);

    [[nodiscard]] const ModelSpec& model() const { return *m_model; }
    [[nodiscard]] const StateDict& weights() const { return *m_weights; }
    /// makeNetwork(), which computes what the class of the given model's library computes.
    [[nodiscard]] Result<std::unique_ptr<Network>> network(at::Device device) const;
    /// Trained weights under the names of the model that was given. What the modules do not hold
    /// (a mask token) is as it was.
    [[nodiscard]] Result<StateDict> restore(StateDict trained) const;

private:
    FirstDialect() = default;

    const ModelSpec* m_given = nullptr;
    const StateDict* m_givenWeights = nullptr;
    std::shared_ptr<const ModelSpec> m_owned; ///< null where the given one will do
    std::shared_ptr<const StateDict> m_ownedWeights;
    const ModelSpec* m_model = nullptr;
    const StateDict* m_weights = nullptr;
};

} // namespace heirloom
