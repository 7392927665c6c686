// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/pytorch/PickleGraph.h"
#include "core/checkpoint/pytorch/PickledTensor.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heirloom {

/// A pickle seen as dictionaries and lists with tensors in them; subclasses of dict (OrderedDict)
/// are dictionaries. Whatever else a pickle holds is passed over.
///
/// \pre the graph outlives it
class PickleContainers {
public:
    using Id = PickleGraph::Id;

    /// What counts as a dictionary besides dictionaries.
    enum class Modules {
        Opaque,       ///< a module is a Python object that nobody looks into
        AsDictionary, ///< TorchScript: an object of the archive's own classes is its attributes
    };

    explicit PickleContainers(const PickleGraph& graph, Modules modules = Modules::Opaque)
        : m_graph(graph), m_modules(modules) {}
    /// With tensors that the pickle only names. \pre `outside` outlives it
    PickleContainers(const PickleGraph& graph, const TensorsOutside& outside)
        : m_graph(graph), m_outside(&outside) {}

    struct Child {
        Id key = PickleGraph::none; ///< of a dictionary
        Id value = PickleGraph::none;
        std::size_t place = 0; ///< in a list
    };

    [[nodiscard]] const PickleGraph& graph() const { return m_graph; }
    [[nodiscard]] Modules modules() const { return m_modules; }
    [[nodiscard]] bool isDict(Id id) const;
    [[nodiscard]] bool isList(Id id) const;
    [[nodiscard]] bool isContainer(Id id) const { return isDict(id) || isList(id); }
    [[nodiscard]] bool isTensor(Id id) const;
    /// \pre isTensor(id) \return an Error when its parts are not what torch writes
    [[nodiscard]] Result<PickledTensor> tensor(Id id) const;

    [[nodiscard]] std::vector<Child> children(Id id) const;
    /// Whether the key is a text or a whole number, or there is none.
    [[nodiscard]] bool isNamed(const Child& child) const;
    /// The key as text; the place in a list. \pre isNamed
    [[nodiscard]] std::string name(const Child& child) const;
    /// The container under `key`, the last one where a key comes twice; none where there is none.
    [[nodiscard]] Id container(const std::vector<Child>& children, std::string_view key) const;

    /// Tensors at any depth, each container looked into once.
    [[nodiscard]] std::int64_t countTensors(Id root) const;
    /// Tensors that are children themselves, under keys that are names.
    [[nodiscard]] std::int64_t countDirect(const std::vector<Child>& children) const;
    /// Whether there is a tensor at any depth. Answers are kept: asking for every part of a pickle
    /// costs no more than one walk over it.
    [[nodiscard]] bool holdsTensors(Id root) const;
    /// Whether some object in the pickle is a module: its state has what torch.nn.Module keeps.
    [[nodiscard]] bool holdsModule() const;

private:
    [[nodiscard]] bool isEmptyDict(Id id) const;
    [[nodiscard]] bool isScriptObject(Id id) const;

    [[nodiscard]] const PickledTensor* outside(Id id) const;

    const PickleGraph& m_graph;
    Modules m_modules = Modules::Opaque;
    const TensorsOutside* m_outside = nullptr;
    enum class Found : std::uint8_t { Unknown, Nothing, Tensors };
    mutable std::vector<Found> m_found;
};

} // namespace heirloom
