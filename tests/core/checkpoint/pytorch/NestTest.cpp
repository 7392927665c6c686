// SPDX-License-Identifier: GPL-3.0-or-later
// Which of several state dicts is opened, and what is taken off the front of its names. The zoo
// (ZooTest) has the files that programs write; here are the corners.
#include "tests/core/checkpoint/FileBuilder.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

using test::dictOf;
using test::openText;
using test::safetensorsFile;
using test::TensorPickle;
using test::torchZip;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string tensor() { return TensorPickle().text(); }
std::string file(const std::string& root) { return torchZip("\x80\x02" + root + "."); }

std::vector<std::string> names(const Checkpoint& checkpoint) {
    std::vector<std::string> found;
    for (const TensorInfo& info : checkpoint.tensors())
        found.push_back(info.name);
    return found;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line + "\n";
    return text;
}

using Names = std::vector<std::string>;

TEST(Nest, IsTheLikeliestUnlessAnotherIsAskedFor) {
    const auto bytes = file(dictOf({{"student", dictOf({{"a", tensor()}})},
                                    {"teacher", dictOf({{"b", tensor()}, {"c", tensor()}})},
                                    {"optimizer", dictOf({{"d", tensor()}})}}));
    const auto opened = openText(bytes);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->nest(), "teacher");
    EXPECT_EQ(names(**opened), (Names{"b", "c"}));
    EXPECT_EQ((*opened)->nests(), (std::vector<NestChoice>{{"teacher", 2}, {"student", 1}}));
    EXPECT_NE(joined((*opened)->notes())
                  .find("read from 'teacher'; the file also holds 'student' (1 tensor): "
                        "nest=student takes it"),
              std::string::npos)
        << joined((*opened)->notes());

    const auto student = openText(bytes, {.nest = "student"});
    ASSERT_TRUE(student);
    EXPECT_EQ(names(**student), (Names{"a"}));
    const auto optimizer = openText(bytes, {.nest = "optimizer"});
    ASSERT_TRUE(optimizer);
    EXPECT_EQ(names(**optimizer), (Names{"d"}));
    EXPECT_EQ((*optimizer)->nests().back(), (NestChoice{"optimizer", 1}));
    const auto whole = openText(bytes, {.nest = ""});
    ASSERT_TRUE(whole);
    EXPECT_EQ(names(**whole), (Names{"student.a", "teacher.b", "teacher.c", "optimizer.d"}));
}

TEST(Nest, ThatIsNotThereIsRefusedWithWhatThereIs) {
    const auto two = file(
        dictOf({{"model", dictOf({{"a", tensor()}})}, {"model_ema", dictOf({{"a", tensor()}})}}));
    const auto refused = openText(two, {.nest = "ema"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text,
              "it holds no state dict 'ema'; there is 'model' (1 tensor), 'model_ema' (1 tensor)");
    EXPECT_EQ(refused.error().advice, "Take one of them, such as nest=model");
    const auto flat = openText(file(dictOf({{"a", tensor()}})), {.nest = "model"});
    ASSERT_FALSE(flat);
    EXPECT_NE(flat.error().text.find("lie in no nest"), std::string::npos);
    const auto empty = openText(
        file(dictOf({{"model", dictOf({{"a", tensor()}})}, {"other", dictOf({{"n", "K\x05"}})}})),
        {.nest = "other"});
    EXPECT_FALSE(empty) << "a dictionary without tensors is no state dict";
}

TEST(Nest, IsFoundThroughSeveralStepsAndKeysWithDots) {
    const auto bytes = file(dictOf(
        {{"state_dict",
          dictOf({{"model", dictOf({{"w", tensor()}})}, {"ema", dictOf({{"v", tensor()}})}})},
         {"runs.v1", dictOf({{"best", dictOf({{"u", tensor()}})}})}}));
    const auto opened = openText(bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->nest(), "state_dict.model");
    EXPECT_EQ((*opened)->nests(),
              (std::vector<NestChoice>{{"state_dict.model", 1}, {"state_dict.ema", 1}}));
    const auto ema = openText(bytes, {.nest = "state_dict.ema"});
    ASSERT_TRUE(ema);
    EXPECT_EQ(names(**ema), (Names{"v"}));
    const auto dotted = openText(bytes, {.nest = "runs.v1.best"});
    ASSERT_TRUE(dotted) << dotted.error().message();
    EXPECT_EQ(names(**dotted), (Names{"u"}));
}

TEST(Prefix, OfAWrapperIsTakenOffAndOneOfANetIsOffered) {
    const auto bytes = file(dictOf({{"module.backbone.a.w", tensor()},
                                    {"module.backbone.b.w", tensor()},
                                    {"module.head.w", tensor()}}));
    const auto opened = openText(bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(names(**opened), (Names{"backbone.a.w", "backbone.b.w", "head.w"}));
    EXPECT_EQ((*opened)->prefix(), "module.");
    EXPECT_EQ((*opened)->prefixes(), (Names{"module.", "module.backbone."}));

    for (const char* asked : {"module.backbone.", "backbone."}) {
        const auto inside = openText(bytes, {.prefix = asked});
        ASSERT_TRUE(inside) << inside.error().message();
        EXPECT_EQ(names(**inside), (Names{"a.w", "b.w"}));
        EXPECT_EQ((*inside)->prefix(), "module.backbone.");
        EXPECT_NE(joined((*inside)->notes())
                      .find("prefix 'module.backbone.' taken off; 1 tensor without it left out"),
                  std::string::npos);
        ASSERT_TRUE((*inside)->read("b.w"));
    }
    const auto asTheyAre = openText(bytes, {.prefix = ""});
    ASSERT_TRUE(asTheyAre);
    EXPECT_EQ(names(**asTheyAre)[2], "module.head.w");
    EXPECT_EQ((*asTheyAre)->prefix(), "");
}

TEST(Prefix, ThatNoNameHasIsRefusedWithWhatThereIs) {
    const auto bytes = file(dictOf({{"model.a", tensor()}, {"model.b", tensor()}}));
    const auto refused = openText(bytes, {.prefix = "encoder."});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text, "no tensor's name begins with 'encoder.'; there is 'model.'");
    const auto bare = openText(file(dictOf({{"a", tensor()}})), {.prefix = "encoder."});
    ASSERT_FALSE(bare);
    EXPECT_EQ(bare.error().text, "no tensor's name begins with 'encoder.'");
}

TEST(Prefix, IsNotMadeOfNumbersOrOfHalfTheNames) {
    const auto layers = openText(file(dictOf({{"0.w", tensor()}, {"0.b", tensor()}})));
    ASSERT_TRUE(layers);
    EXPECT_TRUE((*layers)->prefixes().empty());
    const auto halves = openText(file(dictOf({{"student.w", tensor()}, {"teacher.w", tensor()}})));
    ASSERT_TRUE(halves);
    EXPECT_TRUE((*halves)->prefixes().empty());
    const auto half = openText(file(dictOf({{"student.w", tensor()}, {"teacher.w", tensor()}})),
                               {.prefix = "student."});
    ASSERT_TRUE(half) << "asked for, it is taken all the same";
    EXPECT_EQ(names(**half), (Names{"w"}));
}

TEST(Prefix, IsOfferedForSafetensorsToo) {
    const auto bytes =
        safetensorsFile(R"({"encoder.a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                        R"("encoder.b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                        2);
    const auto opened = openText(bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->prefixes(), (Names{"encoder."}));
    EXPECT_EQ((*opened)->prefix(), "");
    const auto inside = openText(bytes, {.prefix = "encoder."});
    ASSERT_TRUE(inside);
    EXPECT_EQ(names(**inside), (Names{"a", "b"}));
}

TEST(Limits, OfTensorsNamesAndMetadataAreQuotedByName) {
    const auto pickled =
        file(dictOf({{"a", tensor()}, {"b", tensor()}, {"a longer name", tensor()}}));
    const auto plain = safetensorsFile(
        R"({"__metadata__":{"key":"value"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
        R"("a longer name":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
        2);
    const std::vector<std::tuple<std::string, const char*, std::string>> rows = {
        {pickled, "tensors=2", "over the limit tensors of 2"},
        {pickled, "name_bytes=5", "limit name_bytes of 5"},
        {plain, "tensors=1", "over the limit tensors of 1"},
        {plain, "name_bytes=5", "limit name_bytes of 5"},
        {plain, "metadata_bytes=7", "over the limit metadata_bytes of 7"}};
    for (const auto& [bytes, limit, words] : rows) {
        SCOPED_TRACE(limit);
        OpenOptions options;
        ASSERT_TRUE(options.limits.set(limit));
        const auto refused = openText(bytes, options);
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().text.find(words.substr(words.find("limit"))), std::string::npos)
            << refused.error().message();
        EXPECT_NE(refused.error().advice.find("--limit"), std::string::npos);
        EXPECT_TRUE(openText(bytes));
    }
}

TEST(Nests, AndPrefixesThatAFileCannotFollowAreRefused) {
    const auto zoo = test::dataFolder() / "golden" / "zoo";
    OpenOptions nest;
    nest.nest = "model_ema";
    for (const auto* file : {"single.safetensors", "keras_weights.h5", "hf_sharded"}) {
        const auto refused = openCheckpoint(zoo / file, nest);
        ASSERT_FALSE(refused) << file;
        EXPECT_NE(refused.error().text.find("no state dict 'model_ema'"), std::string::npos)
            << refused.error().message();
        OpenOptions whole;
        whole.nest = "";
        EXPECT_TRUE(openCheckpoint(zoo / file, whole)) << file;
    }
    OpenOptions prefix;
    prefix.prefix = "model_weights.";
    const auto refused = openCheckpoint(zoo / "keras_weights.h5", prefix);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find("no tensor's name begins with 'model_weights.'"),
              std::string::npos)
        << refused.error().message();
}

} // namespace
} // namespace heirloom
