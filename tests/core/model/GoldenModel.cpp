// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/GoldenModel.h"

#include "tests/support/TestData.h"

#include <cstring>
#include <fstream>
#include <set>

namespace heirloom::test {
namespace {

nlohmann::json parsed(const std::filesystem::path& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

class NamesOnly final : public Checkpoint {
public:
    NamesOnly(std::vector<TensorInfo> tensors, std::map<std::string, std::string> metadata) {
        m_format = "memory";
        m_tensors = std::move(tensors);
        m_metadata = std::move(metadata);
        index();
    }
    Status readRows(const TensorInfo& tensor,
                    std::int64_t,
                    std::int64_t,
                    std::span<std::byte>) const override {
        return fail(tensor.name, "has no data");
    }
};

} // namespace

nlohmann::json goldenModel(const std::string& label) {
    return parsed(dataFolder() / "golden" / "models" / (label + ".json"));
}

nlohmann::json goldenCase(const std::string& name) {
    return parsed(dataFolder() / "golden" / "forward" / name / "case.json");
}

std::vector<TensorInfo> tensorsOf(const nlohmann::json& entries) {
    std::vector<TensorInfo> tensors;
    for (const auto& row : entries)
        tensors.push_back({row[0].get<std::string>(),
                           dtypeFromName(row[2].get<std::string>()).value_or(DType::Unsupported),
                           row[1].get<Shape>()});
    return tensors;
}

std::vector<TensorInfo> goldenWeights(const std::string& name) {
    std::ifstream file(dataFolder() / "golden" / "forward" / name / "weights.safetensors",
                       std::ios::binary);
    std::uint64_t size = 0;
    file.read(reinterpret_cast<char*>(&size), sizeof size);
    std::string header(size, '\0');
    file.read(header.data(), static_cast<std::streamsize>(size));
    std::vector<TensorInfo> tensors;
    const auto parsedHeader = nlohmann::json::parse(header);
    for (const auto& [tensor, entry] : parsedHeader.items())
        if (tensor != "__metadata__")
            tensors.push_back(
                {tensor,
                 dtypeFromName(entry["dtype"].get<std::string>()).value_or(DType::Unsupported),
                 entry["shape"].get<Shape>()});
    return tensors;
}

std::shared_ptr<const Checkpoint> namesOnly(std::vector<TensorInfo> tensors,
                                            std::map<std::string, std::string> metadata) {
    return std::make_shared<NamesOnly>(std::move(tensors), std::move(metadata));
}

std::vector<TensorInfo> tensorsOf(const ModelSpec& spec) {
    std::vector<TensorInfo> tensors;
    for (const auto& parameter : spec.parameters)
        tensors.push_back({parameter.name, parameter.dtype, parameter.shape});
    return tensors;
}

std::map<std::string, std::vector<std::string>> membersOf(const ModelSpec& spec) {
    std::map<std::string, std::vector<std::string>> members;
    for (const auto& parameter : spec.parameters)
        for (std::size_t axis = 0; axis < parameter.axes.size(); ++axis) {
            std::set<int> spaces;
            for (const auto& segment : parameter.axes[axis].segments)
                spaces.insert(segment.spaces.begin(), segment.spaces.end());
            for (const int space : spaces)
                members[spec.spaces[static_cast<std::size_t>(space)].name].push_back(
                    fmt::format("{} axis {}", parameter.name, axis));
        }
    return members;
}

} // namespace heirloom::test
