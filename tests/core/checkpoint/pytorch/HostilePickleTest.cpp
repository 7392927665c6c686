// SPDX-License-Identifier: GPL-3.0-or-later
// Pickles that break a rule of the machine, each in a whole zip of torch.save; and TorchScript
// archives that are none.
#include "tests/core/checkpoint/Broken.h"
#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

using namespace std::string_literals;
using test::Broken;
using test::dictOf;
using test::number;
using test::openText;
using test::shortText;
using test::TensorPickle;
using test::torchZip;
using test::zipFile;
using test::ZipRecord;

std::string pickled(const std::string& instructions) { return torchZip("\x80\x02" + instructions); }

const std::vector<Broken>& brokenPickles() {
    static const std::vector<Broken> rows = {
        {"Empty", torchZip(""), "ends inside the pickle"},
        {"NoStop", pickled("}"), "ends inside the pickle"},
        {"OnlyStop", pickled("."), "the stack is empty"},
        {"CallWithEmptyStack", pickled("R."), "the stack is empty"},
        {"CallWithoutCallee", pickled(")R."), "the stack is empty"},
        {"CallOfANumber", pickled("K\x01)R."), "no function or class"},
        {"CallWithAList", pickled("cos\nsystem\n]R."), "no tuple"},
        {"KeywordsAreAList", pickled("cos\nsystem\n)]\x92."), "no dictionary"},
        {"ObjectFromEmptyMark", pickled("(o."), "no class"},
        {"ObjectWithoutMark", pickled("K\x01o."), "no mark"},
        {"InstanceWithoutMark", pickled("ios\nsystem\n."), "no mark"},
        {"TupleWithoutMark", pickled("K\x01t."), "no mark"},
        {"PopWithEmptyStack", pickled("0."), "the stack is empty"},
        {"PopMarkWithoutMark", pickled("1."), "no mark"},
        {"DuplicateOfNothing", pickled("2."), "the stack is empty"},
        {"TupleBelowItsMark", pickled("K\x01(\x85."), "the stack is empty"},
        {"SetItemOnAList", pickled("]K\x01K\x01s."), "holds none"},
        {"SetItemsOnANumber", pickled("K\x01(K\x01K\x01u."), "holds none"},
        {"SetItemsWithoutAValue", pickled("}(K\x01u."), "no value"},
        {"DictWithoutAValue",
         pickled("(K\x01"
                 "d."),
         "no value"},
        {"AppendToADictionary",
         pickled("}K\x01"
                 "a."),
         "holds none"},
        {"AppendToATuple",
         pickled(")K\x01"
                 "a."),
         "holds none"},
        {"AddToAList", pickled("](K\x01\x90."), "holds none"},
        {"ItemsAndPairsOfAnObject",
         pickled("cm\nC\n)RK\x01"
                 "aK\x01K\x01s."),
         "both items and pairs"},
        {"StateOfANumber",
         pickled("K\x01K\x02"
                 "b."),
         "no object"},
        {"StateOfADictionary", pickled("}}b."), "no object"},
        {"NameFromNumbers", pickled("K\x01K\x02\x93."), "no text"},
        {"RecallOfNothing", pickled("h\x05."), "nothing was remembered under 5"},
        {"RecallFarOfNothing",
         pickled("j" + number(0xffffffff, 4) + "."),
         "nothing was remembered"},
        {"RecallOfText", pickled("gabc\n."), "no memo index"},
        {"MemoIndexHuge", pickled("Np99999999999\n."), "too large"},
        {"MemoIndexNegative", pickled("Np-1\n."), "no memo index"},
        {"MemoIndexOverflow", pickled("Np99999999999999999999999\n."), "no memo index"},
        {"MemoOfNothing", pickled("q\x01."), "the stack is empty"},
        {"RegistryNumber", pickled("\x82\x01."), "registry"},
        {"RegistryNumberLong", pickled("\x84" + number(1, 4) + "."), "registry"},
        {"BufferOutside", pickled("\x97."), "outside the pickle"},
        {"ReadOnlyBuffer", pickled("N\x98."), "outside the pickle"},
        {"UnknownInstruction", pickled("\xff."), "instruction 0xff at byte 2"},
        {"UnknownLetter", pickled("z."), "instruction 'z' at byte 2"},
        {"Protocol6", torchZip("\x80\x06N."), "protocol 6"},
        {"LongNegative", pickled("\x8b" + number(0xffffffff, 4) + "."), "negative length"},
        {"LongBeyondTheFile", pickled("\x8b" + number(0x7fffffff, 4) + "."), "are left"},
        {"TextBeyondTheFile",
         pickled("X" + number(0xffffffff, 4) + "abc."),
         "announces 4294967295 bytes"},
        {"Text8Huge", pickled("\x8d" + number(~std::uint64_t{0}, 8) + "."), "are left"},
        {"Bytes8Huge", pickled("\x8e" + number(std::uint64_t{1} << 62, 8) + "."), "are left"},
        {"ByteArrayHuge", pickled("\x96" + number(std::uint64_t{1} << 40, 8) + "."), "are left"},
        {"FrameHuge", pickled("\x95" + number(std::uint64_t{1} << 63, 8) + "."), "are left"},
        {"StringNegative", pickled("T" + number(0xfffffff0, 4) + "."), "negative length"},
        {"LineWithoutEnd", pickled("cos"), "ends inside the pickle"},
        {"LineTooLong", pickled("S'" + std::string(70000, 'a') + "'\n."), "longer than 65536"},
        {"StringWithoutQuotes", pickled("Sabc\n."), "not quoted"},
        {"StringWithTwoQuotes", pickled("S'abc\"\n."), "not quoted"},
        {"StringEscapeUnknown", pickled("S'\\q'\n."), "unknown escape"},
        {"StringEscapeCut", pickled("S'\\x1'\n."), "unknown escape"},
        {"UnicodeEscapeCut", pickled("V\\u12\n."), "broken escape"},
        {"UnicodeEscapeBeyond", pickled("V\\U00110000\n."), "broken escape"},
        {"IntegerIsText", pickled("I12x\n."), "no whole number"},
        {"LongIsEmpty", pickled("L\n."), "no whole number"},
        {"PersistentOfNothing", pickled("Q."), "the stack is empty"},
        {"NumberAtTheRoot", pickled("K\x01."), "Python object"},
        {"NoneAtTheRoot", pickled("N."), "Python object"},
        {"CallAtTheRoot", pickled("cos\nsystem\n" + shortText("id") + "\x85R."), "Python object"},
        {"ModuleAtTheRoot",
         pickled("c__main__\nNet\n)\x81" + dictOf({{"_parameters", "}"}, {"_modules", "}"}}) +
                 "b."),
         "Python object"},
        {"ModuleInADictionary",
         pickled(dictOf({{"model",
                          "c__main__\nNet\n)\x81" +
                              dictOf({{"_parameters", dictOf({{"w", TensorPickle().text()}})}}) +
                              "b"}}) +
                 "."),
         "Python object"},
    };
    return rows;
}

std::string scriptArchive(const std::string& root, std::vector<ZipRecord> more = {}) {
    std::vector<ZipRecord> records = {{"net/data.pkl", "\x80\x02" + root + "."},
                                      {"net/constants.pkl", "\x80\x02)."},
                                      {"net/data/0", std::string(24, 'f')},
                                      {"net/code/__torch__.py", "class Net(Module):\n"}};
    records.insert(records.end(), more.begin(), more.end());
    return zipFile(records);
}

std::string scriptModule(const std::string& state) {
    return "c__torch__\nNet\n)\x81" + state + "b";
}

const std::vector<Broken>& brokenScripts() {
    static const std::vector<Broken> rows = {
        {"WithoutState", scriptArchive("c__torch__\nNet\n)\x81"), "Python object"},
        {"StateIsATuple", scriptArchive(scriptModule(")")), "Python object"},
        {"StateIsANumber", scriptArchive(scriptModule("K\x01")), "Python object"},
        {"ClassOfPython",
         scriptArchive("c__main__\nNet\n)\x81" + dictOf({{"w", "N"}}) + "b"),
         "Python object"},
        {"ClassNamedAlmostTorch",
         scriptArchive("ctorch\nNet\n)\x81" + dictOf({{"w", TensorPickle().text()}}) + "b"),
         "Python object"},
        {"StorageMissing",
         [] {
             TensorPickle tensor;
             tensor.key = shortText("7");
             return scriptArchive(scriptModule(dictOf({{"w", tensor.text()}})));
         }(),
         "no record 'data/7'"},
        {"CompressedPickle",
         zipFile({{"net/data.pkl", "\x80\x02N.", 8}, {"net/constants.pkl", "\x80\x02)."}}),
         "compressed"},
        {"TwoPickles",
         scriptArchive(scriptModule("}"), {{"other/data.pkl", "\x80\x02N."}}),
         "two pickles"},
        {"NameTooLong",
         scriptArchive(scriptModule(dictOf({{std::string(5000, 'n'), TensorPickle().text()}}))),
         "limit name_bytes"},
    };
    return rows;
}

class HostilePickle : public testing::TestWithParam<std::size_t> {};
class HostileScript : public testing::TestWithParam<std::size_t> {};
TEST_P(HostilePickle, IsRefusedWithTheRuleItBreaks) {
    test::expectRefused(brokenPickles()[GetParam()]);
}
TEST_P(HostileScript, IsRefusedWithTheRuleItBreaks) {
    test::expectRefused(brokenScripts()[GetParam()]);
}
INSTANTIATE_TEST_SUITE_P(Files,
                         HostilePickle,
                         testing::Range(std::size_t{0}, brokenPickles().size()),
                         [](const auto& row) {
                             return std::string(brokenPickles()[row.param].name);
                         });
INSTANTIATE_TEST_SUITE_P(Files,
                         HostileScript,
                         testing::Range(std::size_t{0}, brokenScripts().size()),
                         [](const auto& row) {
                             return std::string(brokenScripts()[row.param].name);
                         });

TEST(ScriptFiles, NameTensorsByTheirAttributes) {
    const auto inner =
        scriptModule(dictOf({{"weight", TensorPickle().text()}, {"training", "\x88"}}));
    const auto opened =
        openText(scriptArchive(scriptModule(dictOf({{"bias", TensorPickle().text()},
                                                    {"layers", "](" + inner + inner + "e"},
                                                    {"packed",
                                                     "c__torch__.torch.classes.quantized\n"
                                                     "LinearPackedParamsBase\n)\x81(K\x01tb"}}))));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->format(), "torchscript");
    ASSERT_EQ((*opened)->tensors().size(), 3U);
    EXPECT_EQ((*opened)->tensors()[0].name, "bias");
    EXPECT_EQ((*opened)->tensors()[2].name, "layers.1.weight");
    EXPECT_TRUE((*opened)->read("layers.1.weight"));
}

TEST(ScriptFiles, MayNameThemselves) {
    const auto opened =
        openText(scriptArchive("c__torch__\nNet\n)\x81q\x01" +
                               dictOf({{"self", "h\x01"}, {"w", TensorPickle().text()}}) + "b"));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors().size(), 1U);
}

TEST(ScriptFiles, AreNoDictionariesOutsideOfTheirArchives) {
    const auto plain =
        openText(torchZip("\x80\x02" + scriptModule(dictOf({{"w", TensorPickle().text()}})) + "."));
    ASSERT_FALSE(plain);
    EXPECT_NE(plain.error().text.find("Python object"), std::string::npos);
}

TEST(TorchFiles, ShareOneLongListAmongManyStateDicts) {
    // Each of them counts its own tensors and passes the list over.
    std::string pickle = "\x80\x02](" + std::string(200000, ')') + "eq\x01" + "0}(";
    for (const char* name :
         {"state_dict", "model", "module", "net", "network", "params", "teacher", "student", "ema"})
        pickle +=
            shortText(name) +
            dictOf({{"list", "h\x01"}, {"w", TensorPickle().text()}, {"v", TensorPickle().text()}});
    const auto opened = openText(torchZip(pickle + "u."));
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_EQ((*opened)->nests().size(), 9U);
    for (const NestChoice& nest : (*opened)->nests())
        EXPECT_EQ(nest.tensors, 2);
    EXPECT_EQ((*opened)->tensors().size(), 2U);
}

TEST(TorchFiles, NestContainersAMillionDeep) {
    // The machine, the walk over its graph and its destruction go no deeper for it.
    std::string deep = "\x80\x02";
    for (int i = 0; i < 1000000; ++i)
        deep += "]";
    for (int i = 0; i < 999999; ++i)
        deep += "a";
    const auto opened = openText(torchZip(deep + "."));
    if (opened)
        EXPECT_TRUE((*opened)->tensors().empty());
    else
        EXPECT_FALSE(opened.error().text.empty());
}

} // namespace
} // namespace heirloom
