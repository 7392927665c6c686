// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickledTensor.h"

#include <array>
#include <limits>
#include <string_view>

namespace heirloom {
namespace {

using Id = PickleGraph::Id;
using Kind = PickleGraph::Kind;

struct ElementType {
    std::string_view torchName; ///< of the dtype
    std::string_view storageName;
    DType dtype;
    std::int64_t size;
};

constexpr std::array<ElementType, 24> elementTypes = {
    {{"float32", "FloatStorage", DType::F32, 4},
     {"float64", "DoubleStorage", DType::F64, 8},
     {"float16", "HalfStorage", DType::F16, 2},
     {"bfloat16", "BFloat16Storage", DType::BF16, 2},
     {"int64", "LongStorage", DType::I64, 8},
     {"int32", "IntStorage", DType::I32, 4},
     {"int16", "ShortStorage", DType::I16, 2},
     {"int8", "CharStorage", DType::I8, 1},
     {"uint8", "ByteStorage", DType::U8, 1},
     {"bool", "BoolStorage", DType::Bool, 1},
     {"float8_e4m3fn", "", DType::F8E4M3, 1},
     {"float8_e5m2", "", DType::F8E5M2, 1},
     {"uint16", "", DType::U16, 2},
     {"uint32", "", DType::U32, 4},
     {"uint64", "", DType::U64, 8},
     {"complex32", "ComplexHalfStorage", DType::Unsupported, 4},
     {"complex64", "ComplexFloatStorage", DType::Unsupported, 8},
     {"complex128", "ComplexDoubleStorage", DType::Unsupported, 16},
     {"quint8", "QUInt8Storage", DType::Unsupported, 1},
     {"qint8", "QInt8Storage", DType::Unsupported, 1},
     {"qint32", "QInt32Storage", DType::Unsupported, 4},
     {"quint4x2", "QUInt4x2Storage", DType::Unsupported, 1},
     {"quint2x4", "QUInt2x4Storage", DType::Unsupported, 1},
     {"uint8", "UntypedStorage", DType::U8, 1}}};

/// The name behind `module `, when `id` is a Global of one of torch's modules.
std::optional<std::string_view> torchName(const PickleGraph& graph, Id id) {
    if (graph.kind(id) != Kind::Global)
        return std::nullopt;
    const std::string_view text = graph.text(id);
    for (const std::string_view moduleName : {"torch ", "torch.storage ", "torch.cuda "})
        if (text.starts_with(moduleName))
            return text.substr(moduleName.size());
    return std::nullopt;
}

enum class Rebuilder { None, Parameter, FromType, Strided, StridedWithType, Unsupported };

struct RebuilderName {
    std::string_view name;
    Rebuilder kind;
    std::string_view trouble = {};
};

constexpr std::array<RebuilderName, 17> rebuilders = {
    {{"torch._utils _rebuild_tensor", Rebuilder::Strided},
     {"torch._utils _rebuild_tensor_v2", Rebuilder::Strided},
     {"torch._utils _rebuild_tensor_v3", Rebuilder::StridedWithType},
     {"torch._utils _rebuild_parameter", Rebuilder::Parameter},
     {"torch._utils _rebuild_parameter_with_state", Rebuilder::Parameter},
     {"torch._tensor _rebuild_from_type", Rebuilder::FromType},
     {"torch._tensor _rebuild_from_type_v2", Rebuilder::FromType},
     {"torch.tensor _rebuild_from_type", Rebuilder::FromType},
     {"torch.tensor _rebuild_from_type_v2", Rebuilder::FromType},
     {"torch._utils _rebuild_qtensor", Rebuilder::Unsupported, "quantised"},
     {"torch._utils _rebuild_sparse_tensor", Rebuilder::Unsupported, "sparse"},
     {"torch._utils _rebuild_sparse_csr_tensor", Rebuilder::Unsupported, "sparse"},
     {"torch._utils _rebuild_nested_tensor", Rebuilder::Unsupported, "nested"},
     {"torch._utils _rebuild_meta_tensor_no_storage",
      Rebuilder::Unsupported,
      "meta-device (dataless)"},
     {"torch._utils _rebuild_wrapper_subclass", Rebuilder::Unsupported, "wrapper-class"},
     {"torch._utils _rebuild_device_tensor_from_numpy", Rebuilder::Unsupported, "device-specific"},
     {"torch._utils _rebuild_xla_tensor", Rebuilder::Unsupported, "device-specific"}}};

const RebuilderName* rebuilderOf(const PickleGraph& graph, Id callee) {
    if (graph.kind(callee) != Kind::Global)
        return nullptr;
    for (const RebuilderName& known : rebuilders)
        if (graph.text(callee) == known.name)
            return &known;
    return nullptr;
}

/// A call that gives a tensor, with its wrappers taken off.
struct Call {
    const RebuilderName* rebuilder = nullptr;
    std::span<const Id> arguments;
};

/// Follows wrappers a few steps down; a file that nests them deeper is no work of torch's.
std::optional<Call> innerCall(const PickleGraph& graph, Id id) {
    if (id == PickleGraph::none || graph.kind(id) != Kind::Object)
        return std::nullopt;
    Id callee = graph.callee(id);
    std::span<const Id> arguments = graph.items(graph.arguments(id));
    for (int depth = 0; depth < 8; ++depth) {
        const RebuilderName* rebuilder = rebuilderOf(graph, callee);
        if (!rebuilder)
            return std::nullopt;
        if (rebuilder->kind == Rebuilder::Parameter) {
            if (arguments.empty() || graph.kind(arguments[0]) != Kind::Object)
                return std::nullopt;
            callee = graph.callee(arguments[0]);
            arguments = graph.items(graph.arguments(arguments[0]));
        } else if (rebuilder->kind == Rebuilder::FromType) {
            // function, class, arguments, state
            if (arguments.size() < 3 || graph.kind(arguments[2]) != Kind::Tuple)
                return std::nullopt;
            callee = arguments[0];
            arguments = graph.items(arguments[2]);
        } else {
            return Call{rebuilder, arguments};
        }
    }
    return std::nullopt;
}

std::optional<std::vector<std::int64_t>> integers(const PickleGraph& graph, Id id) {
    // torch.Size is a tuple that some writers name by its class.
    if (graph.kind(id) == Kind::Object && graph.isGlobal(graph.callee(id), "torch Size") &&
        graph.items(graph.arguments(id)).size() == 1)
        id = graph.items(graph.arguments(id))[0];
    if (graph.kind(id) != Kind::Tuple && graph.kind(id) != Kind::List)
        return std::nullopt;
    std::vector<std::int64_t> values;
    for (const Id item : graph.items(id)) {
        if (graph.kind(item) != Kind::Int)
            return std::nullopt;
        values.push_back(graph.integer(item));
    }
    return values;
}

/// The first list of sizes among the arguments.
Shape firstSizes(const PickleGraph& graph, std::span<const Id> arguments) {
    for (const Id argument : arguments)
        if (auto shape = integers(graph, argument);
            shape && elementCount(*shape) && !shape->empty())
            return std::move(*shape);
    return {};
}

/// The shape of a tensor that is only listed; empty when the pickle does not say it plainly.
Shape listedShape(const PickleGraph& graph, const Call& call) {
    Shape shape = firstSizes(graph, call.arguments);
    for (std::size_t i = 0; shape.empty() && i < call.arguments.size(); ++i)
        if (graph.kind(call.arguments[i]) ==
            Kind::Tuple) // sparse tensors: layout, (indices, values, size)
            shape = firstSizes(graph, graph.items(call.arguments[i]));
    return shape;
}

Result<PickledTensor> stridedTensor(const PickleGraph& graph, const Call& call) {
    const bool hasType = call.rebuilder->kind == Rebuilder::StridedWithType;
    const auto arguments = call.arguments;
    if (arguments.size() < (hasType ? 7 : 4) || graph.kind(arguments[0]) != Kind::Persistent ||
        graph.kind(arguments[1]) != Kind::Int)
        return fail({},
                    "a tensor's parts (storage, offset, size, stride) are not what torch writes");
    auto storage = pickledStorage(graph, arguments[0]);
    if (!storage)
        return std::unexpected(storage.error());
    auto shape = integers(graph, arguments[2]);
    auto strides = integers(graph, arguments[3]);
    if (!*storage || !shape || !strides)
        return fail({},
                    "a tensor's parts (storage, offset, size, stride) are not what torch writes");

    PickledTensor tensor;
    tensor.shape = std::move(*shape);
    tensor.strides = std::move(*strides);
    tensor.offset = graph.integer(arguments[1]);
    tensor.dtype = (*storage)->dtype;
    if (!elementCount(tensor.shape))
        return fail({},
                    "the shape {} holds more elements than a number can count, or a negative size",
                    shapeText(tensor.shape));
    if (tensor.strides.size() != tensor.shape.size())
        return fail({},
                    "the tensor has {} axes but {} strides",
                    tensor.shape.size(),
                    tensor.strides.size());
    std::string_view typeName;
    if (hasType) {
        typeName = torchName(graph, arguments[6]).value_or("an unknown type");
        tensor.dtype = DType::Unsupported;
        for (const ElementType& type : elementTypes)
            if (type.torchName == typeName)
                tensor.dtype = type.dtype;
    } else if (tensor.dtype == DType::Unsupported) {
        for (const ElementType& type : elementTypes)
            if (graph.kind(graph.arguments(arguments[0])) == Kind::Tuple &&
                torchName(graph, graph.items(graph.arguments(arguments[0]))[1]) == type.storageName)
                typeName = type.torchName;
    }
    if (tensor.dtype == DType::Unsupported)
        tensor.trouble = typeName.empty() ? std::string_view("untyped") : typeName;
    else
        tensor.storage = std::move(**storage);
    return tensor;
}

} // namespace

std::optional<std::string> pickledKey(const PickleGraph& graph, PickleGraph::Id id) {
    if (graph.kind(id) == Kind::Text || graph.kind(id) == Kind::Bytes)
        return std::string(graph.text(id));
    if (graph.kind(id) == Kind::Int)
        return std::to_string(graph.integer(id));
    return std::nullopt;
}

std::optional<StorageType> storageType(const PickleGraph& graph, PickleGraph::Id id) {
    const auto name = torchName(graph, id);
    if (!name || name->empty())
        return std::nullopt;
    for (const ElementType& type : elementTypes)
        if (type.storageName == *name)
            return StorageType{type.dtype, type.size};
    return std::nullopt;
}

bool isPickledTensor(const PickleGraph& graph, PickleGraph::Id id) {
    return innerCall(graph, id).has_value();
}

Result<PickledTensor> pickledTensor(const PickleGraph& graph, PickleGraph::Id id) {
    const auto call = innerCall(graph, id);
    if (!call)
        return fail({}, "this is no tensor");
    if (call->rebuilder->kind != Rebuilder::Unsupported)
        return stridedTensor(graph, *call);
    PickledTensor tensor;
    tensor.trouble = call->rebuilder->trouble;
    tensor.shape = listedShape(graph, *call);
    return tensor;
}

Result<std::optional<PickledStorage>> pickledStorage(const PickleGraph& graph, PickleGraph::Id id) {
    const Id described = graph.arguments(id);
    const auto parts = graph.items(described);
    if (graph.kind(described) != Kind::Tuple || parts.empty() ||
        (graph.kind(parts[0]) != Kind::Text && graph.kind(parts[0]) != Kind::Bytes) ||
        graph.text(parts[0]) != "storage")
        return std::nullopt;
    const auto malformed = [] {
        return fail(
            {}, "a storage's description (type, key, location, count) is not what torch writes");
    };
    if (parts.size() < 5 || graph.kind(parts[4]) != Kind::Int || graph.integer(parts[4]) < 0)
        return malformed();
    const auto key = pickledKey(graph, parts[2]);
    const auto typeName = torchName(graph, parts[1]);
    if (!key || !typeName)
        return malformed();

    PickledStorage storage;
    storage.key = *key;
    storage.count = graph.integer(parts[4]);
    storage.viewCount = storage.count;
    storage.isUntyped = *typeName == "UntypedStorage";
    const auto type = storageType(graph, parts[1]);
    if (!type)
        return fail({}, "a storage has the unknown type '{}'", *typeName);
    storage.dtype = type->dtype;
    storage.elementSize = type->size;
    if (storage.count > std::numeric_limits<std::int64_t>::max() / 16)
        return fail({}, "a storage of {} elements is larger than any file", storage.count);
    if (parts.size() > 5 && graph.kind(parts[5]) == Kind::Tuple) {
        const auto view = graph.items(parts[5]);
        if (view.size() != 3 || graph.kind(view[1]) != Kind::Int ||
            graph.kind(view[2]) != Kind::Int)
            return malformed();
        storage.viewOffset = graph.integer(view[1]);
        storage.viewCount = graph.integer(view[2]);
        if (storage.viewOffset < 0 || storage.viewCount < 0 || storage.viewOffset > storage.count ||
            storage.viewCount > storage.count - storage.viewOffset)
            return fail({},
                        "the part {} to {} of a storage lies outside its {} elements",
                        storage.viewOffset,
                        storage.viewOffset + storage.viewCount,
                        storage.count);
    }
    return storage;
}

} // namespace heirloom
