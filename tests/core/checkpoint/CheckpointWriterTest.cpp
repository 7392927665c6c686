// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/CheckpointWriter.h"

#include "core/base/ByteSource.h"
#include "core/base/Random.h"
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/archive/ZipDirectory.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>

#include <sys/resource.h>

namespace heirloom {
namespace {

struct Target {
    CheckpointFormat format;
    const char* file;
};

constexpr Target targets[] = {{CheckpointFormat::Safetensors, "a.safetensors"},
                              {CheckpointFormat::PyTorchZip, "a.pth"},
                              {CheckpointFormat::Hdf5, "a.h5"}};

HostTensor randomTensor(DType dtype, Shape shape, std::uint64_t seed) {
    HostTensor tensor = HostTensor::zeros(dtype, std::move(shape));
    Random random(seed);
    for (std::byte& byte : tensor.bytes)
        byte = static_cast<std::byte>(dtype == DType::Bool ? random.below(2) : random.below(256));
    return tensor;
}

/// Every type, odd sizes, scalars, zero sizes; bits at random, so NaNs with payloads are among
/// them.
StateDict everyKind() {
    StateDict state;
    for (int i = 0; i < static_cast<int>(DType::Unsupported); ++i) {
        const auto dtype = static_cast<DType>(i);
        const std::string name(dtypeName(dtype));
        state.set("z." + name, randomTensor(dtype, {3, 5}, static_cast<std::uint64_t>(i)));
        state.set("scalar." + name, randomTensor(dtype, {}, static_cast<std::uint64_t>(100 + i)));
    }
    state.set("empty", HostTensor::zeros(DType::F32, {0}));
    state.set("empty.3x0x5", HostTensor::zeros(DType::F16, {3, 0, 5}));
    state.set("größe.重み", randomTensor(DType::F32, {2, 3, 4, 1}, 7));
    state.set("a b", randomTensor(DType::F32, {1}, 8));
    return state;
}

std::string contentsOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CheckpointWriter, WritesEveryTypeSoThatItReadsBackBitExact) {
    const test::TemporaryFolder folder;
    const StateDict state = everyKind();
    const Metadata metadata = {{"heirloom.plan", R"({"a": "größe \" 重み"})"},
                               {"heirloom.seed", "7"},
                               {"heirloom.empty", ""},
                               {"format", "pt"}};
    for (const Target& target : targets) {
        SCOPED_TRACE(target.file);
        const auto written = writeCheckpoint(folder / target.file, target.format, state, metadata);
        ASSERT_TRUE(written) << written.error().message();
        const auto opened = openCheckpoint(folder / target.file);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->format(), formatName(target.format));
        EXPECT_EQ((*opened)->tensors(), state.infos());
        EXPECT_EQ((*opened)->metadata(), metadata);
        EXPECT_TRUE((*opened)->notes().empty());
        const auto read = (*opened)->readAll();
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->entries(), state.entries());
    }
}

TEST(CheckpointWriter, WritesTheSameBytesForTheSameTensors) {
    const test::TemporaryFolder folder;
    for (const Target& target : targets) {
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, everyKind()));
        const std::string first = contentsOf(folder / target.file);
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, everyKind()));
        EXPECT_TRUE(contentsOf(folder / target.file) == first) << target.file;
    }
}

TEST(CheckpointWriter, KeepsTheHashOfEachTensorInTheMetadata) {
    const test::TemporaryFolder folder;
    const StateDict state = everyKind();
    const auto source = memoryCheckpoint(state);
    WriteOptions options;
    options.metadata = {{"heirloom.seed", "7"}};
    options.hashes = true;
    for (const Target& target : targets) {
        SCOPED_TRACE(target.file);
        const auto written = writeCheckpoint(folder / target.file, target.format, *source, options);
        ASSERT_TRUE(written) << written.error().message();
        const auto opened = openCheckpoint(folder / target.file);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->metadata().at("heirloom.seed"), "7");
        const auto hashes = nlohmann::json::parse((*opened)->metadata().at(std::string(hashesKey)));
        EXPECT_EQ(hashes.size(), state.size());
        for (const auto& [name, tensor] : state.entries())
            EXPECT_EQ(hashes.at(name), sha256Hex(tensor.bytes)) << name;
    }
}

/// Tensors of many blocks, made as they are read; says how large the largest piece was.
class WideSource final : public Checkpoint {
public:
    WideSource() {
        m_format = "memory";
        m_tensors = {{"a", DType::F32, {5'000, 300}},
                     {"b", DType::F16, {3, 1'000'000}},
                     {"c", DType::I64, {}},
                     {"d", DType::U8, {7'000'001}}};
        index();
    }
    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
        const std::int64_t begin = firstRow * (tensor.bytes() / rows);
        EXPECT_EQ(std::ssize(out), rowCount * (tensor.bytes() / rows));
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::byte>(
                (begin + static_cast<std::int64_t>(i)) * 2'654'435'761 >> 13);
        const std::scoped_lock lock(m_mutex);
        m_largest = std::max(m_largest, out.size());
        if (onRead)
            onRead();
        return {};
    }
    std::function<void()> onRead;
    [[nodiscard]] std::size_t largest() const { return m_largest; }

private:
    mutable std::mutex m_mutex;
    mutable std::size_t m_largest = 0;
};

TEST(CheckpointWriter, WritesLargeTensorsBlockByBlock) {
    const test::TemporaryFolder folder;
    for (const Target& target : targets) {
        const WideSource source;
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, source));
        if (target.format != CheckpointFormat::Hdf5) {
            EXPECT_LE(source.largest(), 2'000'000U) << target.file; // a row of b
        }
        const auto opened = openCheckpoint(folder / target.file);
        ASSERT_TRUE(opened) << opened.error().message();
        for (const TensorInfo& tensor : source.tensors())
            EXPECT_TRUE((*opened)->read(tensor.name).value() == source.read(tensor).value())
                << target.file << " " << tensor.name;
    }
}

TEST(CheckpointWriter, LeavesNothingBehindWhenItsSourceFails) {
    class Failing final : public Checkpoint {
    public:
        Failing() {
            m_tensors = {{"a", DType::F32, {64, 65'536}}, {"b", DType::F32, {64, 65'536}}};
            index();
        }
        Status readRows(const TensorInfo& tensor,
                        std::int64_t firstRow,
                        std::int64_t rowCount,
                        std::span<std::byte>) const override {
            if (tensor.name == "b" && firstRow + rowCount == 64)
                return fail("b", "reading failed");
            return {};
        }
    };
    const test::TemporaryFolder folder;
    for (const Target& target : targets) {
        const auto written = writeCheckpoint(folder / target.file, target.format, Failing());
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().message(), "b: reading failed");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CheckpointWriter, StopsBetweenTwoBlocks) {
    const test::TemporaryFolder folder;
    std::stop_source stop;
    WriteOptions options;
    options.pass.stop = stop.get_token();
    WideSource source;
    source.onRead = [&] { stop.request_stop(); };
    const auto written =
        writeCheckpoint(folder / "a.pth", CheckpointFormat::PyTorchZip, source, options);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().text, "stopped");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CheckpointWriter, WritesAnEmptyStateDict) {
    const test::TemporaryFolder folder;
    for (const Target& target : targets) {
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, {}));
        const auto opened = openCheckpoint(folder / target.file);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_TRUE((*opened)->tensors().empty());
    }
}

TEST(CheckpointWriter, AlignsEveryTensor) {
    const test::TemporaryFolder folder;
    ASSERT_TRUE(writeCheckpoint(folder / "a.pth", CheckpointFormat::PyTorchZip, everyKind()));
    const auto source = openFile(folder / "a.pth");
    ASSERT_TRUE(source);
    const auto directory = ZipDirectory::read(**source);
    ASSERT_TRUE(directory) << directory.error().message();
    EXPECT_EQ(directory->entries().size(), everyKind().size() + 3);
    for (const ZipEntry& entry : directory->entries()) {
        EXPECT_EQ(entry.dataOffset % 64, 0U) << entry.name;
        EXPECT_TRUE(readZipEntry(**source, entry, Limits(), Limit::PickleBytes)) << entry.name;
    }

    ASSERT_TRUE(
        writeCheckpoint(folder / "a.safetensors", CheckpointFormat::Safetensors, everyKind()));
    const std::string file = contentsOf(folder / "a.safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    EXPECT_EQ(length % 8, 0U);
    auto header = nlohmann::json::parse(file.substr(8, length));
    header.erase("__metadata__");
    for (const auto& [name, entry] : header.items())
        EXPECT_EQ(entry.at("data_offsets").at(0).get<int>() %
                      dtypeSize(*dtypeFromName(entry.at("dtype").get<std::string>())),
                  0)
            << name;
}

TEST(CheckpointWriter, KeepsLongMetadata) {
    const test::TemporaryFolder folder;
    const Metadata metadata = {{"format", "pt"}, {"heirloom.plan", std::string(300'000, 'x')}};
    for (const Target& target : targets) {
        const auto written =
            writeCheckpoint(folder / target.file, target.format, everyKind(), metadata);
        ASSERT_TRUE(written) << written.error().message();
        EXPECT_EQ((*openCheckpoint(folder / target.file))->metadata(), metadata) << target.file;
    }
}

TEST(CheckpointWriter, TellsTransformersThatTheFileIsForPyTorch) {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.safetensors";
    ASSERT_TRUE(writeCheckpoint(path, CheckpointFormat::Safetensors, everyKind()));
    EXPECT_EQ((*openCheckpoint(path))->metadata(), (Metadata{{"format", "pt"}}));
    ASSERT_TRUE(
        writeCheckpoint(path, CheckpointFormat::Safetensors, everyKind(), {{"format", "np"}}));
    EXPECT_EQ((*openCheckpoint(path))->metadata(), (Metadata{{"format", "np"}}));
}

TEST(CheckpointWriter, KeepsNamesThatTheFormatCanHold) {
    const test::TemporaryFolder folder;
    StateDict state;
    for (const char* name : {"", "x/y", "0", "dotted..name.", "quote\"\\\n"})
        state.set(name, randomTensor(DType::F32, {2}, 1));
    for (const Target& target : {targets[0], targets[1]}) {
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, state));
        EXPECT_EQ((*openCheckpoint(folder / target.file))->readAll()->entries(), state.entries())
            << target.file;
    }
    for (const char* name : {"", "a//b", "/a", "a/", ".", "a/./b"}) {
        StateDict bad;
        bad.set(name, randomTensor(DType::F32, {2}, 1));
        EXPECT_FALSE(writeCheckpoint(folder / "b.h5", CheckpointFormat::Hdf5, bad)) << name;
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "b.h5"));
    StateDict groups;
    groups.set("x/y", randomTensor(DType::F32, {2}, 1));
    groups.set("x/z.w", randomTensor(DType::F32, {2}, 2));
    ASSERT_TRUE(writeCheckpoint(folder / "b.h5", CheckpointFormat::Hdf5, groups));
    EXPECT_EQ((*openCheckpoint(folder / "b.h5"))->readAll()->entries(), groups.entries());
}

TEST(CheckpointWriter, RefusesWhatNoFileCouldHold) {
    const test::TemporaryFolder folder;
    StateDict short_;
    short_.set("w", HostTensor{DType::F32, {4}, std::vector<std::byte>(15)});
    StateDict unsupported;
    unsupported.set("w", HostTensor{DType::Unsupported, {}, {}});
    StateDict name;
    name.set("w\xff", randomTensor(DType::F32, {1}, 1));
    StateDict reserved;
    reserved.set("__metadata__", randomTensor(DType::F32, {1}, 1));
    for (const Target& target : targets) {
        EXPECT_FALSE(writeCheckpoint(folder / target.file, target.format, short_));
        EXPECT_FALSE(writeCheckpoint(folder / target.file, target.format, unsupported));
        EXPECT_FALSE(writeCheckpoint(folder / target.file, target.format, name));
        EXPECT_FALSE(writeCheckpoint(folder / target.file, target.format, {}, {{"k", "\xff"}}));
    }
    EXPECT_FALSE(
        writeCheckpoint(folder / "a.safetensors", CheckpointFormat::Safetensors, reserved));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CheckpointWriter, ChoosesTheFormatByTheEnding) {
    EXPECT_EQ(formatForPath("a/b.safetensors"), CheckpointFormat::Safetensors);
    for (const char* name : {"b.pth", "b.pt", "b.bin", "b.PTH"})
        EXPECT_EQ(formatForPath(name), CheckpointFormat::PyTorchZip);
    for (const char* name : {"b.h5", "b.hdf5"})
        EXPECT_EQ(formatForPath(name), CheckpointFormat::Hdf5);
    for (const char* name : {"b", "b.onnx", "b.safetensors.txt", ""}) {
        const auto format = formatForPath(name);
        ASSERT_FALSE(format);
        EXPECT_NE(format.error().message().find(".safetensors, .pth"), std::string::npos);
    }
}

TEST(CheckpointWriter, LeavesAnOpenFileReadableWhenItIsReplaced) {
    const test::TemporaryFolder folder;
    const StateDict old = everyKind();
    StateDict fresh;
    fresh.set("only", randomTensor(DType::F32, {2}, 3));
    for (const Target& target : targets) {
        SCOPED_TRACE(target.file);
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, old));
        const auto opened = openCheckpoint(folder / target.file);
        ASSERT_TRUE(opened);
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, fresh));
        const auto read = (*opened)->readAll();
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->entries(), old.entries());
        EXPECT_EQ((*openCheckpoint(folder / target.file))->readAll()->entries(), fresh.entries());
    }
}

TEST(CheckpointWriter, KeepsTheOldFileWhenTheDiskIsFull) {
    const test::TemporaryFolder folder;
    StateDict large;
    large.set("w", randomTensor(DType::F32, {100, 100}, 3));
    ::signal(SIGXFSZ, SIG_IGN);
    for (const Target& target : targets) {
        ASSERT_TRUE(writeCheckpoint(folder / target.file, target.format, everyKind()));
        const std::string before = contentsOf(folder / target.file);
        rlimit unlimited{};
        ::getrlimit(RLIMIT_FSIZE, &unlimited);
        for (const rlim_t limit : {rlim_t{0}, rlim_t{9}, rlim_t{1000}, rlim_t{30'000}}) {
            rlimit full = unlimited;
            full.rlim_cur = limit;
            ::setrlimit(RLIMIT_FSIZE, &full);
            const auto written = writeCheckpoint(folder / target.file, target.format, large);
            ::setrlimit(RLIMIT_FSIZE, &unlimited);
            EXPECT_FALSE(written) << target.file << " " << limit;
        }
        EXPECT_TRUE(contentsOf(folder / target.file) == before) << target.file;
    }
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 3);
}

TEST(CheckpointWriter, WritesWhatPythonReadsBitExact) {
    const char* chosen = std::getenv("HEIRLOOM_TEST_PYTHON");
    const std::string python = chosen ? chosen : "python3";
    if (std::system((python + " -c 'import torch, safetensors, h5py' > /dev/null 2>&1").c_str()) !=
        0)
        GTEST_SKIP() << python
                     << " has no torch, safetensors and h5py (HEIRLOOM_TEST_PYTHON names another)";
    const test::TemporaryFolder folder;
    const StateDict state = everyKind();
    for (const Target& target : targets)
        ASSERT_TRUE(
            writeCheckpoint(folder / target.file, target.format, state, {{"heirloom.seed", "7"}}));
    const std::string script = (test::dataFolder() / "ReadExports.py").string();
    ASSERT_EQ(std::system(fmt::format("{} '{}' '{}' > '{}'",
                                      python,
                                      script,
                                      folder.path().string(),
                                      (folder / "out.json").string())
                              .c_str()),
              0);
    const auto found = nlohmann::json::parse(contentsOf(folder / "out.json"));
    ASSERT_EQ(found.size(), 4U); // the PyTorch file twice: read, and mapped
    for (const auto& [way, tensors] : found.items()) {
        EXPECT_EQ(tensors.size(), state.size()) << way;
        for (const auto& [name, tensor] : state.entries()) {
            ASSERT_TRUE(tensors.contains(name)) << way << " " << name;
            EXPECT_EQ(tensors.at(name).at("shape").get<Shape>(), tensor.shape)
                << way << " " << name;
            EXPECT_EQ(tensors.at(name).at("dtype"), dtypeName(tensor.dtype)) << way << " " << name;
            EXPECT_EQ(tensors.at(name).at("sha256"), sha256Hex(tensor.bytes)) << way << " " << name;
        }
    }
}

} // namespace
} // namespace heirloom
