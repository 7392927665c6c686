// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleMachine.h"

#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

using namespace std::string_literals;
using Kind = PickleGraph::Kind;
using test::number;

Result<PickleGraph> run(const std::string& text, const Limits& limits = {}) {
    const auto view = std::as_bytes(std::span(text));
    const auto source = memorySource({view.begin(), view.end()});
    PickleInput input(*source, 0, source->size());
    return readPickle(input, limits);
}

std::string refusal(const std::string& text, const Limits& limits = {}) {
    const auto graph = run(text, limits);
    return graph ? "accepted" : graph.error().text;
}

TEST(PickleMachine, ReadsPlainValuesOfEveryProtocol) {
    // pickle.dumps({'a': [1, -1, 2.5, None, True], 'b': ('x',)}, protocol=p)
    const std::string protocols[] = {
        "(dp0\nVa\np1\n(lp2\nI1\naI-1\naF2.5\naNaI01\nasVb\np3\n(Vx\np4\ntp5\ns.",
        "}q\x00(X\x01\x00\x00\x00"
        "aq\x01]q\x02(K\x01J\xff\xff\xff\xffG@\x04\x00\x00\x00\x00\x00\x00NI01\neX\x01\x00\x00\x00"
        "bq\x03(X\x01\x00\x00\x00xq\x04tq\x05u."s,
        "\x80\x02}q\x00(X\x01\x00\x00\x00"
        "aq\x01]q\x02(K\x01J\xff\xff\xff\xffG@\x04\x00\x00\x00\x00\x00\x00N\x88"
        "eX\x01\x00\x00\x00"
        "bq\x03X\x01\x00\x00\x00xq\x04\x85q\x05u."s,
        "\x80\x04\x95\x29\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
        "a\x94]\x94(K\x01J\xff\xff\xff\xffG@\x04\x00\x00\x00\x00\x00\x00N\x88"
        "e\x8c\x01"
        "b\x94\x8c\x01x\x94\x85\x94u."s};
    for (const std::string& text : protocols) {
        const auto graph = run(text);
        ASSERT_TRUE(graph) << graph.error().message();
        const auto items = graph->items(graph->root());
        ASSERT_EQ(items.size(), 4U);
        EXPECT_EQ(graph->text(items[0]), "a");
        const auto list = graph->items(items[1]);
        ASSERT_EQ(list.size(), 5U);
        EXPECT_EQ(graph->integer(list[0]), 1);
        EXPECT_EQ(graph->integer(list[1]), -1);
        EXPECT_EQ(graph->kind(list[2]), Kind::Float);
        EXPECT_EQ(graph->kind(list[3]), Kind::None);
        EXPECT_EQ(graph->kind(list[4]), Kind::Bool);
        EXPECT_EQ(graph->kind(items[3]), Kind::Tuple);
    }
}

TEST(PickleMachine, CallsNothingAndKeepsWhatWouldBeCalled) {
    const auto graph = run("cos\nsystem\n(S'rm -rf /'\ntR.");
    ASSERT_TRUE(graph);
    ASSERT_EQ(graph->kind(graph->root()), Kind::Object);
    EXPECT_TRUE(graph->isGlobal(graph->callee(graph->root()), "os system"));
    EXPECT_EQ(graph->text(graph->items(graph->arguments(graph->root()))[0]), "rm -rf /");
}

TEST(PickleMachine, ReadsOldStringsAndTexts) {
    const auto graph = run(
        "(S'a\\x41\\n\\''\nVgr\\u00f6\\U0001f600\nVl\xf6\nL-12L\nL99999999999999999999L\nI00\nt.");
    ASSERT_TRUE(graph) << graph.error().message();
    const auto items = graph->items(graph->root());
    EXPECT_EQ(graph->text(items[0]), "aA\n'");
    EXPECT_EQ(graph->text(items[1]), "grö😀");
    EXPECT_EQ(graph->text(items[2]), "lö");
    EXPECT_EQ(graph->integer(items[3]), -12);
    EXPECT_EQ(graph->kind(items[4]), Kind::BigInt);
    EXPECT_EQ(graph->kind(items[5]), Kind::Bool);
}

TEST(PickleMachine, LeavesTheInputBehindTheStop) {
    const std::string text = "K\x01.K\x02.";
    const auto view = std::as_bytes(std::span(text));
    const auto source = memorySource({view.begin(), view.end()});
    PickleInput input(*source, 0, source->size());
    EXPECT_EQ(readPickle(input)->integer(0), 1);
    EXPECT_EQ(input.position(), 3U);
    EXPECT_EQ(readPickle(input)->integer(0), 2);
    EXPECT_EQ(input.remaining(), 0U);
}

TEST(PickleMachine, RefusesAnEmptyStackAtEveryInstruction) {
    const std::string instructions = "012aebdsultoiRQ\x81\x85\x86\x87\x90\x91\x92\x93\x94.";
    for (const char instruction : instructions) {
        const std::string tail = "a\nb\n";
        EXPECT_NE(refusal(std::string(1, instruction) + tail), "accepted") << instruction;
        EXPECT_NE(refusal("(" + std::string(1, instruction) + tail), "accepted") << instruction;
        EXPECT_NE(refusal("K\x01(" + std::string(1, instruction) + tail), "accepted")
            << instruction;
    }
    EXPECT_NE(refusal("q\x01"), "accepted");
    EXPECT_NE(refusal("p0\n."), "accepted");
}

struct Broken {
    const char* name;
    std::string text;
    const char* words;
};

TEST(PickleMachine, RefusesBrokenPickles) {
    const Broken rows[] = {
        {"nothing", "", "ends inside"},
        {"unknown instruction", "\xff.", "no such instruction"},
        {"unknown letter", "y.", "no such instruction"},
        {"protocol 6", "\x80\x06N.", "newer than 5"},
        {"no stop", "N", "ends inside"},
        {"memo that was never filled", "h\x05.", "nothing was remembered"},
        {"memo index of text", "gx\n.", "no memo index"},
        {"memo index beyond 32 bits", "Np99999999999\n.", "too large"},
        {"item on a number", "K\x01K\x02K\x03s.", "holds none"},
        {"append to a dictionary",
         "}K\x01"
         "a.",
         "holds none"},
        {"append to a tuple",
         ")K\x01"
         "a.",
         "holds none"},
        {"pair without a value", "}(K\x01u.", "no value"},
        {"state for a list", "]}b.", "no object"},
        {"call of a number", "K\x01)R.", "no function or class"},
        {"arguments that are no tuple", "cos\nsystem\nK\x01R.", "no tuple"},
        {"keywords that are no dictionary", "cos\nsystem\n)K\x01\x92.", "no dictionary"},
        {"items and pairs on one object",
         "cos\nx\n)RK\x01"
         "aK\x01K\x02s.",
         "both items and pairs"},
        {"name to import is a number", "K\x01K\x02\x93.", "no text"},
        {"length beyond the file",
         "X\xff\xff\xff\x7f"
         "abc.",
         "are left"},
        {"length of 2^63", "\x8d" + number(std::uint64_t{1} << 63, 8) + "abc.", "are left"},
        {"bytes of 2^64 - 1", "\x8e" + number(~std::uint64_t{0}, 8) + "abc.", "are left"},
        {"bytearray beyond the file", "\x96" + number(1000, 8) + "abc.", "are left"},
        {"negative length",
         "T\xff\xff\xff\xff"
         "abc.",
         "negative length"},
        {"negative length of a long", "\x8b\xff\xff\xff\xff.", "negative length"},
        {"long beyond the file", "\x8b\xff\xff\xff\x7f.", "are left"},
        {"frame beyond the file", "\x95" + number(1 << 30, 8) + ".", "are left"},
        {"registry number", "\x82\x01.", "registry"},
        {"buffer outside", "\x97.", "outside the pickle"},
        {"unquoted string", "Sabc\n.", "not quoted"},
        {"half an escape", "S'a\\x4'\n.", "unknown escape"},
        {"broken text escape", "V\\u12\n.", "broken escape"},
        {"number of letters", "Iabc\n.", "no whole number"},
        {"number with a tail", "I12x\n.", "no whole number"},
        {"endless line", "V" + std::string(100'000, 'x') + "\n.", "longer than"},
        {"mark that is not there", "t.", "no mark"},
    };
    for (const Broken& row : rows) {
        SCOPED_TRACE(row.name);
        const std::string text = refusal(row.text);
        EXPECT_NE(text.find(row.words), std::string::npos) << text;
    }
}

TEST(PickleMachine, StopsAtItsLimits) {
    Limits limits;
    limits.set(Limit::PickleNodes, 1000);
    EXPECT_NE(refusal(std::string(5000, 'N') + ".", limits).find("limit pickle_nodes of 1000"),
              std::string::npos);
    limits = {};
    limits.set(Limit::PickleBytes, 1000);
    EXPECT_NE(refusal(std::string(5000, 'N') + ".", limits).find("limit pickle_bytes of 1000"),
              std::string::npos);
    limits = {};
    limits.set(Limit::PickleMemory, 1000);
    for (const std::string& text : {test::shortText(std::string(2000, 't')) + ".",
                                    std::string(200, ']') + ".",
                                    "(" + std::string(300, 'N') + "t.",
                                    "N" + std::string(300, '2') + ".",
                                    "]" + std::string(300, '(') + ".",
                                    "Nr" + number(0x7fffffff, 4) + "r" + number(0x7ffffff0, 4) +
                                        std::string(50, ')') + "."}) {
        const auto graph = run(text, limits);
        ASSERT_FALSE(graph);
        EXPECT_NE(graph.error().text.find("limit pickle_memory of 1000"), std::string::npos)
            << graph.error().message();
        EXPECT_NE(graph.error().advice.find("--limit pickle_memory=NUMBER"), std::string::npos);
    }
}

TEST(PickleMachine, RemembersUnderAnyIndex) {
    // Far ones and near ones, and the next free one after both.
    const auto graph =
        run("\x80\x04K\x01r" + number(4000000000U, 4) + "K\x02q\x03K\x03r" + number(2000, 4) +
            "K\x04\x94" + "j" + number(4000000000U, 4) + "h\x03j" + number(2000, 4) + "(t.");
    ASSERT_TRUE(graph) << graph.error().message();
    const auto top = run("\x80\x04(K\x01r" + number(4000000000U, 4) + "0K\x02q\x03" + "0K\x05\x94" +
                         "0j" + number(4000000000U, 4) + "h\x03h\x02t.");
    ASSERT_TRUE(top) << top.error().message();
    ASSERT_EQ(top->items(top->root()).size(), 3U);
    EXPECT_EQ(top->integer(top->items(top->root())[0]), 1);
    EXPECT_EQ(top->integer(top->items(top->root())[1]), 2);
    EXPECT_EQ(top->integer(top->items(top->root())[2]), 5);
}

TEST(PickleMachine, SurvivesAMillionLevels) {
    std::string tuples = "N";
    std::string marks(1'000'000, '(');
    for (int i = 0; i < 1'000'000; ++i)
        tuples += '\x85';
    const auto deep = run(tuples + ".");
    ASSERT_TRUE(deep);
    EXPECT_EQ(deep->size(), 1'000'001U);
    EXPECT_NE(refusal(marks + ".").find("stack is empty"), std::string::npos);
}

TEST(PickleMachine, SharesWhatTheMemoRepeats) {
    // Each level holds the one below twice: 2^40 leaves, 41 lists.
    std::string text = "]q\x01";
    for (int i = 0; i < 40; ++i)
        text += "0](h\x01h\x01"
                "eq\x01";
    const auto graph = run(text + ".");
    ASSERT_TRUE(graph) << graph.error().message();
    EXPECT_EQ(graph->size(), 41U);
    const auto opened = test::openText(test::torchZip("\x80\x02" + text + "."));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE((*opened)->tensors().empty());
}

TEST(PickleMachine, AcceptsAListInsideItself) {
    const auto graph = run("]q\x01h\x01"
                           "a.");
    ASSERT_TRUE(graph);
    EXPECT_EQ(graph->items(graph->root())[0], graph->root());
    EXPECT_TRUE(test::openText(
        test::torchZip("\x80\x02}q\x01" + test::shortText("state_dict") + "h\x01s.")));
}

} // namespace
} // namespace heirloom
