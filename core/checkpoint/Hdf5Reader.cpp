// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/Hdf5Reader.h"

#include "core/checkpoint/Hdf5Lock.h"
#include "core/checkpoint/Hdf5Types.h"
#include "core/checkpoint/PlainText.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string_view>

namespace heirloom {
namespace {

constexpr std::size_t mostObjects = 1'000'000;
constexpr std::size_t mostAxes = 32; // HDF5's own limit
constexpr std::size_t longestText = std::size_t{16} << 20;

std::unexpected<Error> damaged(const ByteSource& source, std::string text) {
    return std::unexpected(
        Error{source.name(), std::move(text), "The file is damaged or incomplete; get it again"});
}

/// The value of an attribute that is one text of fixed length; variable-length texts are left
/// alone, since reading them is not safe in old HDF5 versions.
std::optional<std::string> textAttribute(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0)
        return std::nullopt;
    const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
    if (!attribute.isValid())
        return std::nullopt;
    const Hdf5Handle type(H5Aget_type(attribute), H5Tclose);
    const Hdf5Handle space(H5Aget_space(attribute), H5Sclose);
    if (!type.isValid() || !space.isValid() || H5Tget_class(type) != H5T_STRING ||
        H5Tis_variable_str(type) != 0 || H5Sget_simple_extent_type(space) != H5S_SCALAR)
        return std::nullopt;
    const std::size_t size = H5Tget_size(type);
    if (size > longestText || H5Aget_storage_size(attribute) < size)
        return std::nullopt;
    std::string text(size, '\0');
    if (H5Aread(attribute, type, text.data()) < 0)
        return std::nullopt;
    if (H5Tget_strpad(type) != H5T_STR_SPACEPAD)
        text.resize(std::min(text.find('\0'), text.size()));
    return text;
}

class Hdf5Checkpoint final : public Checkpoint {
public:
    Hdf5Checkpoint(std::shared_ptr<const ByteSource> source, const std::filesystem::path& path)
        : m_source(std::move(source)) {
        m_format = "hdf5";
        m_path = path;
    }
    ~Hdf5Checkpoint() override {
        const std::scoped_lock lock(hdf5Mutex());
        m_file = Hdf5Handle();
    }

    Status list();
    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override;

private:
    struct Group {
        std::string path; ///< empty for the root, else with a slash at its end
        Hdf5Handle handle;
    };

    Status openFile();
    Status listGroup(const Group& group, std::vector<Group>& open);
    Status listObject(const Group& group, const std::string& link, std::vector<Group>& open);
    void listDataset(const std::string& name, hid_t dataset);
    std::optional<std::string> storageTrouble(hid_t dataset, const TensorInfo& info) const;
    void readMetadata();
    void noteSkipped();

    std::shared_ptr<const ByteSource> m_source;
    Hdf5Handle m_file;
    std::set<haddr_t> m_seen;
    std::size_t m_links = 0;     ///< soft and external links passed over
    std::size_t m_noNumbers = 0; ///< datasets of strings, compounds and the like
};

Status Hdf5Checkpoint::openFile() {
    // Filters from plug-in folders would run other people's code.
    H5PLset_loading_state(0);
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(
        access, false, true); // reading needs no lock, and some file systems know none
#endif
    m_file = Hdf5Handle(H5Fopen(m_path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
    if (!m_file.isValid())
        return damaged(*m_source, "the HDF5 library cannot open it: it is cut off or damaged");
    return m_source->unchanged();
}

Status Hdf5Checkpoint::list() {
    const std::scoped_lock lock(hdf5Mutex());
    const Hdf5Silence silence;
    if (auto opened = openFile(); !opened)
        return opened;
    readMetadata();
    std::vector<Group> open;
    open.push_back({"", Hdf5Handle(H5Gopen2(m_file, "/", H5P_DEFAULT), H5Gclose)});
    if (!open.back().handle.isValid())
        return damaged(*m_source, "its root group cannot be opened");
    while (!open.empty()) {
        const Group group = std::move(open.back());
        open.pop_back();
        if (auto listed = listGroup(group, open); !listed)
            return listed;
    }
    noteSkipped();
    index();
    return {};
}

void Hdf5Checkpoint::noteSkipped() {
    if (m_links > 0)
        m_notes.push_back(fmt::format("{} to other places not followed",
                                      m_links == 1 ? "1 link" : fmt::format("{} links", m_links)));
    if (m_noNumbers > 0)
        m_notes.push_back(
            fmt::format("{} without plain numbers (texts, tables) not listed",
                        m_noNumbers == 1 ? "1 dataset" : fmt::format("{} datasets", m_noNumbers)));
    if (m_tensors.empty())
        m_notes.emplace_back("the file holds no tensors");
    for (std::string& note : m_notes)
        note = harmlessText(note);
}

/// Lists a group's datasets, and puts its groups on top of `open` so that they come next, in the
/// order of their names or of their making.
Status Hdf5Checkpoint::listGroup(const Group& group, std::vector<Group>& open) {
    H5G_info_t info{};
    if (H5Gget_info(group.handle, &info) < 0)
        return damaged(*m_source, fmt::format("the group '/{}' cannot be listed", group.path));
    const Hdf5Handle created(H5Gget_create_plist(group.handle), H5Pclose);
    unsigned order = 0;
    const bool isTracked = created.isValid() && H5Pget_link_creation_order(created, &order) >= 0 &&
                           (order & H5P_CRT_ORDER_INDEXED) != 0;
    const H5_index_t by = isTracked ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    if (info.nlinks > mostObjects)
        return fail(m_source->name(),
                    "the group '/{}' has {} entries, more than the limit of {}",
                    group.path,
                    info.nlinks,
                    mostObjects);
    const std::size_t before = open.size();
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        const ssize_t length =
            H5Lget_name_by_idx(group.handle, ".", by, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
        if (length < 0 || length > 65536)
            return damaged(
                *m_source,
                fmt::format("entry {} of the group '/{}' cannot be read", i, group.path));
        std::string link(static_cast<std::size_t>(length), '\0');
        if (H5Lget_name_by_idx(
                group.handle, ".", by, H5_ITER_INC, i, link.data(), link.size() + 1, H5P_DEFAULT) <
            0)
            return damaged(
                *m_source,
                fmt::format("entry {} of the group '/{}' cannot be read", i, group.path));
        H5L_info_t kind{};
        if (H5Lget_info(group.handle, link.c_str(), &kind, H5P_DEFAULT) < 0)
            return damaged(*m_source,
                           fmt::format("the entry '/{}{}' cannot be read", group.path, link));
        if (kind.type != H5L_TYPE_HARD) {
            ++m_links;
            continue;
        }
        if (auto listed = listObject(group, link, open); !listed)
            return listed;
    }
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(before), open.end());
    return {};
}

Status Hdf5Checkpoint::listObject(const Group& group,
                                  const std::string& link,
                                  std::vector<Group>& open) {
    const std::string name = group.path + link;
    if (!isPlainUtf8(name))
        return fail(m_source->name(), "the name of an object is no valid UTF-8 text");
#if H5_VERSION_GE(1, 12, 0)
    H5O_info1_t info{};
    const herr_t got = H5Oget_info_by_name1(group.handle, link.c_str(), &info, H5P_DEFAULT);
#else
    H5O_info_t info{};
    const herr_t got = H5Oget_info_by_name(group.handle, link.c_str(), &info, H5P_DEFAULT);
#endif
    if (got < 0)
        return damaged(*m_source, fmt::format("the object '/{}' cannot be read", name));
    // A group inside itself, or one reached by two names, is listed once.
    if (info.rc > 1 && !m_seen.insert(info.addr).second)
        return {};
    if (m_tensors.size() + open.size() > mostObjects)
        return fail(m_source->name(), "it holds more objects than the limit of {}", mostObjects);
    if (info.type == H5O_TYPE_GROUP) {
        Hdf5Handle handle(H5Gopen2(group.handle, link.c_str(), H5P_DEFAULT), H5Gclose);
        if (!handle.isValid())
            return damaged(*m_source, fmt::format("the group '/{}' cannot be opened", name));
        open.push_back({name + "/", std::move(handle)});
    } else if (info.type == H5O_TYPE_DATASET) {
        const Hdf5Handle dataset(H5Dopen2(group.handle, link.c_str(), H5P_DEFAULT), H5Dclose);
        if (!dataset.isValid())
            return damaged(*m_source, fmt::format("the dataset '/{}' cannot be opened", name));
        listDataset(name, dataset);
    }
    return {};
}

void Hdf5Checkpoint::listDataset(const std::string& name, hid_t dataset) {
    const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
    const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
    const int axes = space.isValid() ? H5Sget_simple_extent_ndims(space) : -1;
    TensorInfo info{name, type.isValid() ? dtypeOfHdf5(type) : DType::Unsupported, {}};
    if (info.dtype == DType::Unsupported || axes < 0 || axes > static_cast<int>(mostAxes) ||
        H5Sget_simple_extent_type(space) == H5S_NULL) {
        ++m_noNumbers;
        return;
    }
    std::array<hsize_t, mostAxes> sizes{};
    if (axes > 0 && H5Sget_simple_extent_dims(space, sizes.data(), nullptr) < 0) {
        ++m_noNumbers;
        return;
    }
    for (int axis = 0; axis < axes; ++axis)
        info.shape.push_back(static_cast<std::int64_t>(std::min<hsize_t>(
            sizes[static_cast<std::size_t>(axis)], static_cast<hsize_t>(INT64_MAX))));
    if (const auto written = textAttribute(dataset, hdf5TypeAttribute))
        if (const auto meant = dtypeFromName(*written);
            meant && dtypeSize(*meant) == dtypeSize(info.dtype))
            info.dtype = *meant;
    if (const auto trouble = storageTrouble(dataset, info)) {
        m_notes.push_back(fmt::format("{}: {}", name, *trouble));
        info.dtype = DType::Unsupported;
        if (!elementCount(info.shape))
            info.shape.clear();
    }
    m_tensors.push_back(std::move(info));
}

/// Why the elements cannot or must not be read; empty when they can.
std::optional<std::string> Hdf5Checkpoint::storageTrouble(hid_t dataset,
                                                          const TensorInfo& info) const {
    const Hdf5Handle created(H5Dget_create_plist(dataset), H5Pclose);
    if (!created.isValid())
        return "how it is stored cannot be read";
    const H5D_layout_t layout = H5Pget_layout(created);
    if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED)
        return "its elements lie in other datasets (a virtual dataset)";
    if (H5Pget_external_count(created) != 0)
        return "its elements lie in other files";
    const int filters = H5Pget_nfilters(created);
    for (int i = 0; i < filters; ++i) {
        unsigned flags = 0;
        unsigned config = 0;
        std::size_t count = 0;
        const H5Z_filter_t filter = H5Pget_filter2(
            created, static_cast<unsigned>(i), &flags, &count, nullptr, 0, nullptr, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return fmt::format("it is packed with the filter {}, which is not read", filter);
    }
    std::int64_t bytes = 0;
    const auto elements = elementCount(info.shape);
    if (!elements || __builtin_mul_overflow(*elements, dtypeSize(info.dtype), &bytes))
        return "it holds more elements than a number can count";
    const std::uint64_t stored = H5Dget_storage_size(dataset);
    if (stored > m_source->size())
        return fmt::format("it is said to take {} bytes, more than the whole file", stored);
    if (filters == 0 && layout == H5D_CONTIGUOUS && stored != 0 &&
        stored != static_cast<std::uint64_t>(bytes))
        return fmt::format("it needs {} bytes but has {}", bytes, stored);
    // Unwritten or well-packed parts may unfold, but not without end.
    constexpr std::int64_t harmlessSize = std::int64_t{64} << 20;
    if (bytes > harmlessSize && static_cast<std::uint64_t>(bytes) / 1000 > m_source->size())
        return fmt::format("it would unfold to {} bytes, more than 1,000 times the whole file",
                           bytes);
    return std::nullopt;
}

void Hdf5Checkpoint::readMetadata() {
    const Hdf5Handle root(H5Gopen2(m_file, "/", H5P_DEFAULT), H5Gclose);
    if (!root.isValid())
        return;
    std::vector<std::string> names;
    hsize_t position = 0;
    H5Aiterate2(
        root,
        H5_INDEX_NAME,
        H5_ITER_INC,
        &position,
        [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
            auto& found = *static_cast<std::vector<std::string>*>(data);
            if (found.size() >= 10000)
                return 1;
            found.emplace_back(name);
            return 0;
        },
        &names);
    for (const std::string& name : names)
        if (auto text = textAttribute(root, name.c_str()); text && isPlainUtf8(name))
            m_metadata[name] = std::move(*text);
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
    if (out.empty())
        return {};
    const std::scoped_lock lock(hdf5Mutex());
    const Hdf5Silence silence;
    if (auto same = m_source->unchanged(); !same)
        return same;
    const Hdf5Handle dataset(H5Dopen2(m_file, tensor.name.c_str(), H5P_DEFAULT), H5Dclose);
    const Hdf5Handle stored(dataset.isValid() ? H5Dget_type(dataset) : -1, H5Tclose);
    const Hdf5Handle space(dataset.isValid() ? H5Dget_space(dataset) : -1, H5Sclose);
    const Hdf5Handle wanted(stored.isValid() ? H5Tcopy(stored) : -1, H5Tclose);
    if (!wanted.isValid() || !space.isValid())
        return damaged(*m_source, fmt::format("the dataset '/{}' cannot be opened", tensor.name));
    if (H5Tget_class(wanted) != H5T_ENUM)
        H5Tset_order(wanted, H5T_ORDER_LE); // bytes change places, bits do not change
    std::vector<hsize_t> first(tensor.shape.size(), 0);
    std::vector<hsize_t> count(tensor.shape.begin(), tensor.shape.end());
    hid_t rowsSpace = H5S_ALL;
    Hdf5Handle block;
    if (!tensor.shape.empty()) {
        first[0] = static_cast<hsize_t>(firstRow);
        count[0] = static_cast<hsize_t>(rowCount);
        if (static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)) != count.size() ||
            H5Sselect_hyperslab(
                space, H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr) < 0)
            return damaged(*m_source,
                           fmt::format("the dataset '/{}' has changed its shape", tensor.name));
        block = Hdf5Handle(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
                           H5Sclose);
        rowsSpace = block;
    }
    const hssize_t selected = H5Sget_select_npoints(space);
    if (selected < 0 || static_cast<std::size_t>(selected) * H5Tget_size(wanted) != out.size())
        return fail(tensor.name,
                    "{} rows have {} elements, which do not fit {} bytes",
                    rowCount,
                    selected,
                    out.size());
    if (H5Dread(dataset,
                wanted,
                rowsSpace,
                tensor.shape.empty() ? H5S_ALL : static_cast<hid_t>(space),
                H5P_DEFAULT,
                out.data()) < 0)
        return damaged(*m_source, fmt::format("the elements of '/{}' cannot be read", tensor.name));
    return {};
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openHdf5(std::shared_ptr<const ByteSource> source,
                                                   const std::filesystem::path& path,
                                                   const OpenOptions&) {
    const std::string where = source->name();
    if (path.empty())
        return fail(where, "an HDF5 file can only be read from disk");
    try {
        auto made = std::make_shared<Hdf5Checkpoint>(std::move(source), path);
        if (auto listed = made->list(); !listed)
            return std::unexpected(listed.error());
        return made;
    } catch (const std::bad_alloc&) {
        return fail(where, "there is not enough memory for its list of tensors");
    }
}

} // namespace heirloom
