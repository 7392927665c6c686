// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/FirstDialect.h"

#include "core/checkpoint/Checkpoint.h"
#include "core/model/Translation.h"

namespace heirloom {

Result<FirstDialect> FirstDialect::of(const ModelSpec& model, const StateDict& weights) {
    FirstDialect dialect;
    dialect.m_given = dialect.m_model = &model;
    dialect.m_givenWeights = dialect.m_weights = &weights;
    const OpenedModel unread{nullptr, std::make_shared<const ModelSpec>(model)};
    const auto first = inFirstDialect(unread);
    if (!first)
        return std::unexpected(first.error());
    if (first->spec == unread.spec)
        return dialect;
    const auto spoken = inFirstDialect({memoryCheckpoint(weights), unread.spec});
    if (!spoken)
        return std::unexpected(spoken.error());
    auto read = spoken->checkpoint->readAll();
    if (!read)
        return std::unexpected(read.error());
    dialect.m_owned = spoken->spec;
    dialect.m_ownedWeights = std::make_shared<const StateDict>(std::move(*read));
    dialect.m_model = dialect.m_owned.get();
    dialect.m_weights = dialect.m_ownedWeights.get();
    return dialect;
}

Result<std::unique_ptr<Network>> FirstDialect::network(at::Device device) const {
    return makeNetwork(*m_model, *m_weights, device, m_given->hyper.text("names"));
}

Result<StateDict> FirstDialect::restore(StateDict trained) const {
    if (!m_owned)
        return trained;
    const auto spoken = spokenLike({memoryCheckpoint(std::move(trained)), m_owned}, *m_given);
    if (!spoken)
        return std::unexpected(spoken.error());
    StateDict result;
    for (const auto& [name, tensor] : m_givenWeights->entries()) {
        if (!spoken->checkpoint->find(name)) {
            result.set(name, tensor);
            continue;
        }
        auto read = spoken->checkpoint->read(name);
        if (!read)
            return std::unexpected(read.error());
        result.set(name, std::move(*read));
    }
    return result;
}

} // namespace heirloom
