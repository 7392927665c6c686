// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/LittleEndian.h"
#include "core/checkpoint/FormatWriters.h"
#include "core/checkpoint/archive/ZipLayout.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

namespace heirloom {
namespace {

constexpr const char* root = "archive"; // torch's own name where it has no file name to take

struct TorchType {
    std::string_view
        storage; ///< class of a typed storage; empty for types that only untyped storages hold
    std::string_view dtype;
};

TorchType torchType(DType dtype) {
    switch (dtype) {
    case DType::F64:
        return {"DoubleStorage", "float64"};
    case DType::F32:
        return {"FloatStorage", "float32"};
    case DType::F16:
        return {"HalfStorage", "float16"};
    case DType::BF16:
        return {"BFloat16Storage", "bfloat16"};
    case DType::I64:
        return {"LongStorage", "int64"};
    case DType::I32:
        return {"IntStorage", "int32"};
    case DType::I16:
        return {"ShortStorage", "int16"};
    case DType::I8:
        return {"CharStorage", "int8"};
    case DType::U8:
        return {"ByteStorage", "uint8"};
    case DType::Bool:
        return {"BoolStorage", "bool"};
    case DType::F8E4M3:
        return {"", "float8_e4m3fn"};
    case DType::F8E5M2:
        return {"", "float8_e5m2"};
    case DType::U16:
        return {"", "uint16"};
    case DType::U32:
        return {"", "uint32"};
    case DType::U64:
        return {"", "uint64"};
    case DType::Unsupported:
        break;
    }
    return {};
}

/// The few instructions of pickle protocol 2 that a state dict takes.
class PickleWriter {
public:
    void code(char instruction) { m_bytes.push_back(static_cast<std::byte>(instruction)); }

    void global(std::string_view moduleName, std::string_view name) {
        code('c');
        raw(moduleName);
        code('\n');
        raw(name);
        code('\n');
    }

    void text(std::string_view value) {
        code('X');
        appendNumber(m_bytes, static_cast<std::uint32_t>(value.size()));
        raw(value);
    }

    void integer(std::int64_t value) {
        if (value >= std::numeric_limits<std::int32_t>::min() &&
            value <= std::numeric_limits<std::int32_t>::max()) {
            code('J');
            appendNumber(m_bytes, static_cast<std::int32_t>(value));
        } else {
            code('\x8a');
            code(8);
            appendNumber(m_bytes, value);
        }
    }

    void tuple(const std::vector<std::int64_t>& values) {
        code('(');
        for (const std::int64_t value : values)
            integer(value);
        code('t');
    }

    void emptyOrderedDict() {
        global("collections", "OrderedDict");
        code(')');
        code('R');
    }

    [[nodiscard]] const std::vector<std::byte>& bytes() const { return m_bytes; }

private:
    void raw(std::string_view value) {
        const auto added = std::as_bytes(std::span(value));
        m_bytes.insert(m_bytes.end(), added.begin(), added.end());
    }

    std::vector<std::byte> m_bytes;
};

std::vector<std::int64_t> rowMajorStrides(const Shape& shape) {
    std::vector<std::int64_t> strides(shape.size());
    std::int64_t stride = 1;
    for (std::size_t axis = shape.size(); axis > 0; --axis) {
        strides[axis - 1] = stride;
        stride *= std::max<std::int64_t>(shape[axis - 1], 1);
    }
    return strides;
}

void writeTensor(PickleWriter& pickle, const TensorInfo& tensor, std::size_t key) {
    const TorchType type = torchType(tensor.dtype);
    const bool isTyped = !type.storage.empty();
    pickle.global("torch._utils", isTyped ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
    pickle.code('(');
    pickle.code('(');
    pickle.text("storage");
    if (isTyped)
        pickle.global("torch", type.storage);
    else
        pickle.global("torch.storage", "UntypedStorage");
    pickle.text(std::to_string(key));
    pickle.text("cpu");
    pickle.integer(isTyped ? tensor.elements() : tensor.bytes());
    pickle.code('t');
    pickle.code('Q');
    pickle.integer(0); // offset
    pickle.tuple(tensor.shape);
    pickle.tuple(rowMajorStrides(tensor.shape));
    pickle.code('\x89');       // needs no gradient
    pickle.emptyOrderedDict(); // hooks
    if (!isTyped)
        pickle.global("torch", type.dtype);
    pickle.code('t');
    pickle.code('R');
}

std::vector<std::byte> pickled(std::span<const TensorInfo> tensors) {
    PickleWriter pickle;
    pickle.code('\x80');
    pickle.code(2);
    pickle.emptyOrderedDict();
    pickle.code('(');
    for (std::size_t key = 0; key < tensors.size(); ++key) {
        pickle.text(tensors[key].name);
        writeTensor(pickle, tensors[key], key);
    }
    pickle.code('u');
    pickle.code('.');
    return pickle.bytes();
}

std::vector<std::byte> bytesOf(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

} // namespace

Result<std::vector<TensorDigest>> writePyTorchZip(AtomicFile& file,
                                                  const FileContents& contents,
                                                  const WriteTensors& write) {
    ZipLayout zip;
    const auto named = [](const std::string& name) { return std::string(root) + "/" + name; };
    const auto json = [&](std::span<const TensorDigest> digests) {
        return bytesOf(nlohmann::json(contents.metadataWith(digests)).dump());
    };
    zip.add(named("data.pkl"), pickled(contents.tensors));
    zip.add(named("byteorder"), bytesOf("little"));
    std::vector<std::size_t> records;
    std::vector<std::uint64_t> places;
    for (std::size_t key = 0; key < contents.tensors.size(); ++key) {
        records.push_back(zip.addLater(named("data/" + std::to_string(key)),
                                       static_cast<std::uint64_t>(contents.tensors[key].bytes())));
        places.push_back(zip.dataOffset(records.back()));
    }
    zip.add(named("version"), bytesOf("3\n"));
    const auto unfinished = json({});
    std::optional<std::size_t> metadata;
    if (!contents.metadataWith({}).empty())
        metadata = zip.addLater(named("heirloom.json"), unfinished.size());

    if (auto done = file.resize(zip.size()); !done)
        return std::unexpected(done.error());
    auto digests = write(places);
    if (!digests)
        return digests;
    for (std::size_t key = 0; key < records.size(); ++key)
        zip.setCrc(records[key], (*digests)[key].crc);
    if (metadata)
        zip.setData(*metadata, json(*digests));
    if (auto done = zip.write(file); !done)
        return std::unexpected(done.error());
    return digests;
}

} // namespace heirloom
