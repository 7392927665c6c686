// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/hdf5/Hdf5Builder.h"
#include "tests/core/checkpoint/hdf5/HostileHdf5Rows.h"

namespace heirloom::test {
namespace {

using Path = std::filesystem::path;
using V = HostileHdf5::Verdict;

constexpr hsize_t huge = hsize_t{1} << 40;

/// A file with the plain tensor "w" and what `more` adds.
std::function<void(const Path&)> with(std::function<void(const Hdf5Builder&)> more) {
    return [more = std::move(more)](const Path& path) {
        const Hdf5Builder file(path);
        file.floats("w", {2, 3});
        more(file);
    };
}

std::function<void(const Path&)> withType(std::function<Hdf5Handle()> type) {
    return with(
        [type = std::move(type)](const Hdf5Builder& file) { file.dataset("odd", type(), {2}); });
}

Hdf5Handle copy(hid_t type) { return {H5Tcopy(type), H5Tclose}; }

std::vector<HostileHdf5> links() {
    const std::string note = "1 link to other places not followed";
    const auto external = [](const char* file, const char* object) {
        return with([=](const Hdf5Builder& to) {
            H5Lcreate_external(file, object, to.file, "x", H5P_DEFAULT, H5P_DEFAULT);
        });
    };
    const auto soft = [](const char* target) {
        return with([=](const Hdf5Builder& to) {
            H5Lcreate_soft(target, to.file, "x", H5P_DEFAULT, H5P_DEFAULT);
        });
    };
    return {
        {"ExternalLink", V::Noted, note, external("other.h5", "/secret")},
        {"ExternalLinkToADevice", V::Noted, note, external("/dev/zero", "/x")},
        {"ExternalLinkUpwards", V::Noted, note, external("../../../etc/passwd", "/x")},
        {"SoftLink", V::Noted, note, soft("/w")},
        {"SoftLinkToNowhere", V::Noted, note, soft("/nowhere/at/all")},
        {"SoftLinkToItself", V::Noted, note, soft("/x")},
        {"SoftLinkThroughDots", V::Noted, note, soft("./././w")},
        {"SoftLinksInACircle", V::Noted, "2 links to", with([](const Hdf5Builder& to) {
             H5Lcreate_soft("/b", to.file, "a", H5P_DEFAULT, H5P_DEFAULT);
             H5Lcreate_soft("/a", to.file, "b", H5P_DEFAULT, H5P_DEFAULT);
         })},
        {"UserDefinedLink", V::Noted, note, with([](const Hdf5Builder& to) {
             H5L_class_t kind{};
             kind.version = H5L_LINK_CLASS_T_VERS;
             kind.id = static_cast<H5L_type_t>(70);
             kind.comment = "mine";
             kind.trav_func =
                 [](const char*, hid_t, const void*, std::size_t, hid_t, hid_t) -> hid_t {
                 return -1;
             };
             H5Lregister(&kind);
             H5Lcreate_ud(to.file, "x", kind.id, "data", 4, H5P_DEFAULT, H5P_DEFAULT);
             H5Lunregister(kind.id);
         })},
        {"GroupInsideItself", V::Clean, "", with([](const Hdf5Builder& to) {
             const auto group = to.group("g");
             H5Lcreate_hard(to.file, "g", group, "again", H5P_DEFAULT, H5P_DEFAULT);
         })},
        {"RootInsideAGroup", V::Clean, "", with([](const Hdf5Builder& to) {
             const auto group = to.group("g");
             H5Lcreate_hard(to.file, "/", group, "root", H5P_DEFAULT, H5P_DEFAULT);
         })},
        {"TwoGroupsInsideEachOther", V::Clean, "", with([](const Hdf5Builder& to) {
             const auto one = to.group("one");
             const auto two = to.group("two", one);
             H5Lcreate_hard(to.file, "one", two, "back", H5P_DEFAULT, H5P_DEFAULT);
         })},
        {"TensorUnderManyNames", V::Clean, "", with([](const Hdf5Builder& to) {
             for (const char* name : {"a", "b", "c"})
                 H5Lcreate_hard(to.file, "w", to.file, name, H5P_DEFAULT, H5P_DEFAULT);
         })},
    };
}

std::vector<HostileHdf5> names() {
    const auto chain = [](int depth) {
        return with([=](const Hdf5Builder& to) {
            Hdf5Handle in = to.group("chain");
            for (int i = 0; i < depth; ++i)
                in = to.group("level", in);
        });
    };
    const auto named = [](const std::string& name) {
        return with([=](const Hdf5Builder& to) { to.floats(name, {2}); });
    };
    return {
        {"DeepGroups", V::Clean, "", chain(300)},
        {"PathOverTheLimit", V::Refused, "limit name_bytes", chain(900)},
        {"NameOverTheLimit", V::Refused, "limit name_bytes", named(std::string(5000, 'n'))},
        {"NameOverALowLimit", V::Refused, "name_bytes of 4", named("aaaaa"), "name_bytes=4"},
        {"NameNotUtf8", V::Refused, "no valid UTF-8", named("a\xff\xfe")},
        {"NameWithLoneSurrogate", V::Refused, "no valid UTF-8", named("\xed\xa0\x80")},
        {"NameWithControlCharacters", V::Clean, "", named("a\x1b[31m\n")},
        {"NameWithDots", V::Clean, "", named("..")},
        {"TooManyObjects",
         V::Refused,
         "limit hdf5_objects of 3",
         with([](const Hdf5Builder& to) {
             for (const char* name : {"a", "b", "c", "d"})
                 static_cast<void>(to.group(name));
         }),
         "hdf5_objects=3"},
        {"TooManyTensors",
         V::Refused,
         "limit tensors of 2",
         with([](const Hdf5Builder& to) {
             to.floats("x", {1});
             to.floats("y", {1});
         }),
         "tensors=2"},
        {"MemoryForNothing", V::Refused, "hdf5_memory", named("a"), "hdf5_memory=20000000"},
    };
}

std::vector<HostileHdf5> storage() {
    const auto made = [](std::function<void(hid_t)> set, bool isChunked) {
        return with([=](const Hdf5Builder& to) {
            const Hdf5Handle properties = isChunked
                                              ? Hdf5Builder::chunked({8})
                                              : Hdf5Handle(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
            set(properties);
            to.dataset("odd", H5T_IEEE_F32LE, {16}, properties);
        });
    };
    const auto external = [=](const char* name) {
        return made([=](hid_t set) { H5Pset_external(set, name, 0, 64); }, false);
    };
    const auto view = [=](const char* file, const char* name) {
        return made(
            [=](hid_t set) {
                H5Pset_virtual(set, Hdf5Builder::space({16}), file, name, Hdf5Builder::space({16}));
            },
            false);
    };
    const auto filter = [=](H5Z_filter_t id) {
        return made([=](hid_t set) { H5Pset_filter(set, id, H5Z_FLAG_OPTIONAL, 0, nullptr); },
                    true);
    };
    return {
        {"ElementsInAnotherFile", V::Noted, "lie in other files", external("outside.bin")},
        {"ElementsInPasswd", V::Noted, "lie in other files", external("/etc/passwd")},
        {"ElementsInADevice", V::Noted, "lie in other files", external("/dev/zero")},
        {"ViewOfAnotherFile", V::Noted, "a virtual dataset", view("other.h5", "/x")},
        {"ViewOfItself", V::Noted, "a virtual dataset", view(".", "/odd")},
        {"ViewOfItsOwnFile", V::Noted, "a virtual dataset", view(".", "/w")},
        {"ViewOfManyFiles", V::Noted, "a virtual dataset", view("part-%b.h5", "/x")},
        {"FilterLzf", V::Noted, "filter 32000, which", filter(32000)},
        {"FilterBlosc", V::Noted, "filter 32001, which", filter(32001)},
        {"FilterNobodyKnows", V::Noted, "filter 65535, which", filter(65535)},
        {"FilterNBit",
         V::Noted,
         "filter 5, which",
         made([](hid_t set) { H5Pset_nbit(set); }, true)},
        {"FilterScaleOffset",
         V::Noted,
         "filter 6, which",
         made([](hid_t set) { H5Pset_scaleoffset(set, H5Z_SO_FLOAT_DSCALE, 2); }, true)},
        {"FilterSzip",
         V::Noted,
         "filter 4, which",
         made([](hid_t set) { H5Pset_szip(set, H5_SZIP_NN_OPTION_MASK, 8); }, true)},
        {"FiltersAllAtOnce", V::Clean, "", with([](const Hdf5Builder& to) {
             const Hdf5Handle set = Hdf5Builder::chunked({8});
             H5Pset_shuffle(set);
             H5Pset_deflate(set, 9);
             H5Pset_fletcher32(set);
             to.floats("packed", {100}, set);
         })},
        {"CompactStorage",
         V::Clean,
         "",
         made([](hid_t set) { H5Pset_layout(set, H5D_COMPACT); }, false)},
        {"NothingWritten", V::Clean, "", with([](const Hdf5Builder& to) {
             to.dataset("odd", H5T_IEEE_F32LE, {16});
         })},
    };
}

std::vector<HostileHdf5> types() {
    const std::string note = "1 dataset without plain numbers";
    const auto plain = [](hid_t type) { return withType([=] { return copy(type); }); };
    const auto sized = [](hid_t type, std::size_t size) {
        return withType([=] {
            Hdf5Handle made = copy(type);
            H5Tset_size(made, size);
            return made;
        });
    };
    return {
        {"TextOfAnyLength", V::Noted, note, sized(H5T_C_S1, H5T_VARIABLE)},
        {"TextOfOneLength", V::Noted, note, sized(H5T_C_S1, 12)},
        {"NumbersOfAnyCount", V::Noted, note, withType([] {
             return Hdf5Handle(H5Tvlen_create(H5T_NATIVE_INT), H5Tclose);
         })},
        {"ObjectReferences", V::Noted, note, plain(H5T_STD_REF_OBJ)},
        {"RegionReferences", V::Noted, note, plain(H5T_STD_REF_DSETREG)},
        {"Compound", V::Noted, note, withType([] {
             Hdf5Handle made(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
             H5Tinsert(made, "a", 0, H5T_NATIVE_INT);
             H5Tinsert(made, "b", 4, H5T_NATIVE_FLOAT);
             return made;
         })},
        {"ComplexNumbers", V::Noted, note, withType([] {
             Hdf5Handle made(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
             H5Tinsert(made, "r", 0, H5T_NATIVE_FLOAT);
             H5Tinsert(made, "i", 4, H5T_NATIVE_FLOAT);
             return made;
         })},
        {"ArraysAsElements", V::Noted, note, withType([] {
             const hsize_t size = 4;
             return Hdf5Handle(H5Tarray_create2(H5T_NATIVE_FLOAT, 1, &size), H5Tclose);
         })},
        {"Opaque", V::Noted, note, withType([] {
             return Hdf5Handle(H5Tcreate(H5T_OPAQUE, 16), H5Tclose);
         })},
        {"Bitfield", V::Noted, note, plain(H5T_STD_B8LE)},
        {"Time", V::Noted, note, plain(H5T_UNIX_D32LE)},
        {"EnumerationOfThree", V::Noted, note, withType([] {
             Hdf5Handle made(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
             for (signed char i = 0; i < 3; ++i)
                 H5Tenum_insert(made, std::string(1, static_cast<char>('a' + i)).c_str(), &i);
             return made;
         })},
        {"FloatOfSixteenBytes", V::Noted, note, plain(H5T_NATIVE_LDOUBLE)},
        {"FloatOfVax", V::Noted, note, plain(H5T_VAX_F32)},
        {"FloatWithOddExponent", V::Noted, note, withType([] {
             Hdf5Handle made = copy(H5T_IEEE_F32LE);
             H5Tset_ebias(made, 90);
             return made;
         })},
        {"IntegerOfThreeBytes", V::Noted, note, sized(H5T_STD_I32LE, 3)},
        {"IntegerOfTwelveBits", V::Noted, note, withType([] {
             Hdf5Handle made = copy(H5T_STD_I16LE);
             H5Tset_precision(made, 12);
             return made;
         })},
        {"NamedTypeAlone", V::Clean, "", with([](const Hdf5Builder& to) {
             H5Tcommit2(
                 to.file, "type", copy(H5T_IEEE_F32LE), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
         })},
        {"BigEndianNumbers", V::Clean, "", plain(H5T_IEEE_F64BE)},
    };
}

std::vector<HostileHdf5> shapes() {
    const auto shaped = [](const std::vector<hsize_t>& sizes, const std::vector<hsize_t>& chunks) {
        return with([=](const Hdf5Builder& to) {
            to.dataset("odd",
                       H5T_IEEE_F32LE,
                       sizes,
                       chunks.empty() ? Hdf5Handle(H5Pcreate(H5P_DATASET_CREATE), H5Pclose)
                                      : Hdf5Builder::chunked(chunks));
        });
    };
    return {
        {"BombInChunks", V::Noted, "more than 1,000 times", shaped({huge}, {65536})},
        {"BombOfNothingWritten", V::Noted, "more than 1,000 times", shaped({huge}, {})},
        {"BombInManyAxes", V::Noted, "more than 1,000 times", shaped({1024, 1024, 1024}, {})},
        {"MoreElementsThanNumbers",
         V::Noted,
         "more elements than a number can count",
         shaped({huge, huge}, {1, 1})},
        {"MoreElementsThanNumbersTimesNone",
         V::Noted,
         "more elements than a number can count",
         shaped({huge, huge, 0}, {1, 1, 1})},
        {"EmptyAxis", V::Clean, "", shaped({3, 0}, {})},
        {"ThirtyTwoAxes", V::Clean, "", shaped(std::vector<hsize_t>(32, 1), {})},
        {"HugeChunk",
         V::Noted,
         "each of its chunks takes 400000000",
         with([](const Hdf5Builder& to) {
             const hsize_t size = 10;
             const hsize_t most = H5S_UNLIMITED;
             const Hdf5Handle space(H5Screate_simple(1, &size, &most), H5Sclose);
             const Hdf5Handle set(H5Dcreate2(to.file,
                                             "odd",
                                             H5T_IEEE_F32LE,
                                             space,
                                             H5P_DEFAULT,
                                             Hdf5Builder::chunked({100'000'000}),
                                             H5P_DEFAULT),
                                  H5Dclose);
         })},
        {"OneSmallChunkOfABigOne", V::Clean, "", shaped({1'000'000}, {1'000'000})},
        {"NoShape", V::Noted, "1 dataset without plain numbers", with([](const Hdf5Builder& to) {
             const Hdf5Handle nothing(H5Screate(H5S_NULL), H5Sclose);
             const Hdf5Handle set(H5Dcreate2(to.file,
                                             "odd",
                                             H5T_IEEE_F32LE,
                                             nothing,
                                             H5P_DEFAULT,
                                             H5P_DEFAULT,
                                             H5P_DEFAULT),
                                  H5Dclose);
         })},
    };
}

void attribute(hid_t on, const std::string& name, hid_t type, const void* value) {
    const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle made(H5Acreate2(on, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                          H5Aclose);
    if (value != nullptr)
        H5Awrite(made, type, value);
}

std::vector<HostileHdf5> attributes() {
    const auto text = [](std::size_t size, int count) {
        return [=](const Path& path) {
            const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
            H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
            const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access),
                                  H5Fclose);
            Hdf5Handle type = copy(H5T_C_S1);
            H5Tset_size(type, size);
            const std::string value(size, 'v');
            for (int i = 0; i < count; ++i)
                attribute(file, "a" + std::to_string(i), type, value.data());
        };
    };
    const std::string none = "no tensors";
    return {
        {"TextBesideTheTensors", V::Noted, none, text(100, 1)},
        {"HugeTextBesideTheTensors", V::Noted, none, text(std::size_t{20} << 20, 1)},
        {"MuchTextBesideTheTensors",
         V::Refused,
         "limit metadata_bytes",
         text(std::size_t{12} << 20, 2)},
        {"TextOverALowLimit", V::Refused, "metadata_bytes of 50", text(40, 2), "metadata_bytes=50"},
        {"ThousandsOfTexts", V::Noted, none, text(4, 3000)},
        {"AttributeOfAnyLength", V::Clean, "", with([](const Hdf5Builder& to) {
             const char* value = "text";
             Hdf5Handle type = copy(H5T_C_S1);
             H5Tset_size(type, H5T_VARIABLE);
             attribute(to.file, "a", type, &value);
         })},
        {"AttributeOfReferences", V::Clean, "", with([](const Hdf5Builder& to) {
             attribute(to.file, "a", H5T_STD_REF_OBJ, nullptr);
         })},
        {"FalseTypeAttribute", V::Clean, "", with([](const Hdf5Builder& to) {
             const Hdf5Handle set = to.floats("odd", {4});
             Hdf5Handle type = copy(H5T_C_S1);
             H5Tset_size(type, 4);
             attribute(set, "dtype", type, "BF16"); // of two bytes, on elements of four
         })},
    };
}

} // namespace

std::vector<HostileHdf5> unusualHdf5Files() {
    std::vector<HostileHdf5> all;
    for (auto rows : {links(), names(), storage(), types(), shapes(), attributes()})
        all.insert(all.end(), rows.begin(), rows.end());
    return all;
}

} // namespace heirloom::test
