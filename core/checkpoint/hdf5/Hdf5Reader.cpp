// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Reader.h"

#include "core/checkpoint/NamePrefix.h"
#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/hdf5/Hdf5Boxes.h"
#include "core/checkpoint/hdf5/Hdf5Facts.h"
#include "core/checkpoint/hdf5/Hdf5Process.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>

namespace heirloom {
namespace {

using hdf5wire::Frame;

/// As many as the reader lists within one limit of computing time.
constexpr std::size_t objectsOfAStep = 100'000;
constexpr std::size_t mostAttributes = 10'000;

std::string counted(std::uint64_t count, const char* one) {
    return count == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}s", count, one);
}

class Hdf5Checkpoint final : public Checkpoint {
public:
    Hdf5Checkpoint(std::shared_ptr<const ByteSource> source,
                   const std::filesystem::path& path,
                   const OpenOptions& options)
        : m_source(std::move(source)), m_limits(options.limits), m_asked(options.prefix) {
        m_format = "hdf5";
        m_path = path;
    }

    Status list();
    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override;

private:
    Status listWith(Hdf5Process& process);
    Status takeDataset(const std::string& payload);
    Status takeAttribute(const std::string& payload);
    Status takeCounts(const std::string& payload);
    Status takePrefix();
    Status refuseTwins() const;
    Error refusal(const std::string& payload) const;
    Status readPlain(const TensorInfo& tensor,
                     Hdf5Place place,
                     std::uint64_t skipped,
                     std::span<std::byte> out) const;
    Status readByLibrary(const TensorInfo& tensor,
                         std::int64_t firstRow,
                         std::int64_t rowCount,
                         std::span<std::byte> out) const;

    std::shared_ptr<const ByteSource> m_source;
    Limits m_limits;
    std::optional<std::string> m_asked; ///< the prefix that is to be taken off
    std::vector<Hdf5Place> m_places;    ///< of m_tensors
    std::uint64_t m_textBytes = 0;
    std::size_t m_attributes = 0;
    mutable std::mutex m_mutex;
    mutable std::unique_ptr<Hdf5Process> m_process; ///< ended after an Error, and started anew
};

Status Hdf5Checkpoint::list() {
    auto process = Hdf5Process::start(*m_source, m_limits);
    if (!process)
        return std::unexpected(process.error());
    if (auto listed = listWith(**process); !listed)
        return listed;
    if (!(*process)->isSealed())
        m_notes.emplace_back("this system has no seccomp: the HDF5 library was held back by limits "
                             "of memory and time only");
    if (auto taken = takePrefix(); !taken)
        return taken;
    if (m_tensors.empty())
        m_notes.emplace_back("the file holds no tensors");
    for (std::string& note : m_notes)
        note = harmlessText(note);
    index();
    m_process = std::move(*process);
    return refuseTwins();
}

Status Hdf5Checkpoint::listWith(Hdf5Process& process) {
    if (auto asked = process.ask(Frame::List, {}); !asked)
        return asked;
    for (;;) {
        const auto answer = process.receive();
        if (!answer)
            return std::unexpected(answer.error());
        Status taken;
        switch (answer->kind) {
        case Frame::Dataset:
            taken = takeDataset(answer->payload);
            if (m_tensors.size() % objectsOfAStep == 0)
                process.allowMoreTime();
            break;
        case Frame::Attribute:
            taken = takeAttribute(answer->payload);
            break;
        case Frame::Done:
            return takeCounts(answer->payload);
        case Frame::Refused:
            return std::unexpected(refusal(answer->payload));
        default:
            return process.misspoken();
        }
        if (!taken)
            return taken;
    }
}

Error Hdf5Checkpoint::refusal(const std::string& payload) const {
    hdf5wire::Unpacker from(payload);
    const auto why = from.take<hdf5wire::Refusal>();
    return hdf5Refusal(why, harmlessText(from.takeText()), m_source->name(), m_limits);
}

Status Hdf5Checkpoint::takeDataset(const std::string& payload) {
    hdf5wire::DatasetFacts facts;
    hdf5wire::Unpacker from(payload);
    facts.unpack(from);
    if (!from.isWhole())
        return fail(m_source->name(), "what its reader says of a dataset makes no sense");
    for (const Limit limit : {Limit::Tensors, Limit::Hdf5Objects})
        if (auto few = m_limits.check(
                m_source->name(), limit, m_tensors.size() + 1, "the count of its tensors is");
            !few)
            return few;
    auto tensor = checkHdf5Facts(facts, *m_source, m_limits);
    if (!tensor)
        return std::unexpected(tensor.error());
    if (tensor->trouble)
        m_notes.push_back(fmt::format("{}: {}", tensor->info.name, *tensor->trouble));
    m_tensors.push_back(std::move(tensor->info));
    m_places.push_back(tensor->place);
    return {};
}

Status Hdf5Checkpoint::takeAttribute(const std::string& payload) {
    hdf5wire::Unpacker from(payload);
    std::string name = from.takeText();
    std::string text = from.takeText();
    if (!from.isWhole() || ++m_attributes > mostAttributes)
        return fail(m_source->name(), "what its reader says of its attributes makes no sense");
    m_textBytes += name.size() + text.size();
    if (auto few = m_limits.check(
            m_source->name(), Limit::MetadataBytes, m_textBytes, "the bytes of its attributes are");
        !few)
        return few;
    if (!name.empty() && isPlainUtf8(name))
        m_metadata[std::move(name)] = std::move(text);
    return {};
}

Status Hdf5Checkpoint::takeCounts(const std::string& payload) {
    hdf5wire::Unpacker from(payload);
    const auto links = from.take<std::uint64_t>();
    const auto noNumbers = from.take<std::uint64_t>();
    const auto oddNames = from.take<std::uint64_t>();
    if (!from.isWhole())
        return fail(m_source->name(), "what its reader says at the end makes no sense");
    if (links > 0)
        m_notes.push_back(fmt::format("{} to other places not followed", counted(links, "link")));
    if (noNumbers > 0)
        m_notes.push_back(fmt::format("{} without plain numbers (texts, tables) not listed",
                                      counted(noNumbers, "dataset")));
    if (oddNames > 0)
        m_notes.push_back(
            fmt::format("{} under impossible names not listed", counted(oddNames, "object")));
    return m_source->unchanged();
}

Status Hdf5Checkpoint::takePrefix() {
    auto prefix = findPrefix(m_tensors, m_source->name(), m_asked);
    if (!prefix)
        return std::unexpected(prefix.error());
    takeOff(*prefix, m_tensors, m_places);
    for (std::string& note : prefixNotes(*prefix))
        m_notes.push_back(std::move(note));
    m_prefixes = std::move(prefix->offered);
    m_prefix = std::move(prefix->taken);
    return {};
}

/// A damaged group can hold one name twice.
Status Hdf5Checkpoint::refuseTwins() const {
    for (const TensorInfo& tensor : m_tensors)
        if (find(tensor.name) != &tensor)
            return std::unexpected(
                Error{m_source->name(),
                      fmt::format("two datasets are both called '/{}{}'", m_prefix, tensor.name),
                      "The file is damaged; get it again"});
    return {};
}

Status Hdf5Checkpoint::readRows(const TensorInfo& tensor,
                                std::int64_t firstRow,
                                std::int64_t rowCount,
                                std::span<std::byte> out) const {
    const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
    if (tensor.dtype == DType::Unsupported)
        return fail(tensor.name, "tensors of this kind are listed but cannot be read");
    if (firstRow < 0 || rowCount < 0 || firstRow > rows || rowCount > rows - firstRow)
        return fail(tensor.name,
                    "there are no rows {} to {}; the tensor has {}",
                    firstRow,
                    firstRow + rowCount,
                    rows);
    const std::uint64_t rowBytes =
        rows == 0 ? 0
                  : static_cast<std::uint64_t>(tensor.bytes()) / static_cast<std::uint64_t>(rows);
    if (rowBytes * static_cast<std::uint64_t>(rowCount) != out.size())
        return fail(
            tensor.name, "{} rows of {} bytes do not fit {} bytes", rowCount, rowBytes, out.size());
    if (out.empty())
        return {};
    const TensorInfo* const listed = find(tensor.name);
    if (listed == nullptr || *listed != tensor)
        return fail(tensor.name, "the file has no such tensor");
    const Hdf5Place place = m_places[static_cast<std::size_t>(listed - m_tensors.data())];
    const Status read =
        place.offset != 0
            ? readPlain(tensor, place, rowBytes * static_cast<std::uint64_t>(firstRow), out)
            : readByLibrary(tensor, firstRow, rowCount, out);
    if (auto same = m_source->unchanged(); !same)
        return same;
    return read;
}

Status Hdf5Checkpoint::readPlain(const TensorInfo& tensor,
                                 Hdf5Place place,
                                 std::uint64_t skipped,
                                 std::span<std::byte> out) const {
    if (auto read = m_source->readAt(place.offset + skipped, out); !read)
        return read;
    const auto size = static_cast<std::size_t>(dtypeSize(tensor.dtype));
    if (place.isBigEndian && size > 1)
        for (std::size_t at = 0; at < out.size(); at += size)
            std::ranges::reverse(out.subspan(at, size));
    return {};
}

Status Hdf5Checkpoint::readByLibrary(const TensorInfo& tensor,
                                     std::int64_t firstRow,
                                     std::int64_t rowCount,
                                     std::span<std::byte> out) const {
    const std::scoped_lock lock(m_mutex);
    if (!m_process) {
        auto process = Hdf5Process::start(*m_source, m_limits);
        if (!process)
            return std::unexpected(process.error());
        m_process = std::move(*process);
    }
    const TensorInfo stored{m_prefix + tensor.name, tensor.dtype, tensor.shape};
    Hdf5Boxes boxes(stored, firstRow, rowCount, m_process->window().size());
    while (auto box = boxes.next()) {
        hdf5wire::Packer packed;
        box->pack(packed);
        auto answer = Result<Hdf5Process::Answer>();
        if (auto asked = m_process->ask(Frame::Read, packed); !asked)
            answer = std::unexpected(asked.error());
        else
            answer = m_process->receive();
        if (answer && answer->kind == Frame::Refused)
            return std::unexpected(refusal(answer->payload));
        hdf5wire::Unpacker from(answer ? std::string_view(answer->payload) : std::string_view());
        const std::size_t wanted = boxes.bytes(*box);
        if (answer && (answer->kind != Frame::Window || from.take<std::uint64_t>() != wanted ||
                       !from.isWhole() || wanted > out.size()))
            answer = m_process->misspoken();
        if (!answer) {
            m_process.reset();
            return std::unexpected(answer.error());
        }
        std::memcpy(out.data(), m_process->window().data(), wanted);
        out = out.subspan(wanted);
    }
    return {};
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openHdf5(std::shared_ptr<const ByteSource> source,
                                                   const std::filesystem::path& path,
                                                   const OpenOptions& options) {
    if (path.empty() || !source->descriptor())
        return fail(source->name(), "an HDF5 file can only be read from disk");
    auto made = std::make_shared<Hdf5Checkpoint>(source, path, options);
    if (auto listed = made->list(); !listed) {
        if (auto same = source->unchanged(); !same)
            return std::unexpected(same.error());
        return std::unexpected(listed.error());
    }
    return made;
}

} // namespace heirloom
