// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleMachine.h"

#include "core/base/LittleEndian.h"
#include "core/checkpoint/pytorch/PickleBuilder.h"
#include "core/checkpoint/pytorch/PickleText.h"

#include <array>
#include <charconv>

namespace heirloom {
namespace {

constexpr std::size_t longestLine = 65536;

/// Reads instructions and their arguments; the builder does what they say.
class PickleMachine {
public:
    using Kind = PickleGraph::Kind;

    PickleMachine(PickleInput& input, const Limits& limits)
        : m_input(input), m_limits(limits), m_builder(limits), m_begin(input.position()) {}

    PickleGraph run() {
        const std::uint64_t mostBytes = m_limits[Limit::PickleBytes];
        const std::uint64_t mostNodes = m_limits[Limit::PickleNodes];
        for (std::uint64_t count = 0;; ++count) {
            m_at = m_input.position();
            if (!m_input.readByte(m_code))
                refusePickle("the file ends inside the pickle");
            if (m_code == '.')
                return m_builder.finish();
            if (count == mostNodes)
                refuseLimit(m_limits, Limit::PickleNodes, "its instructions are");
            if (m_at - m_begin > mostBytes)
                refuseLimit(m_limits, Limit::PickleBytes, "its bytes are");
            step();
        }
    }

    [[nodiscard]] std::string place() const {
        const bool isPrintable = m_code > ' ' && m_code < 127;
        return isPrintable ? fmt::format("pickle instruction '{}' at byte {}",
                                         static_cast<char>(m_code),
                                         m_at)
                           : fmt::format("pickle instruction 0x{:02x} at byte {}", m_code, m_at);
    }

private:
    template <class Number> Number number() {
        std::array<std::byte, sizeof(Number)> bytes;
        if (!m_input.read(bytes))
            refusePickle("the file ends inside the pickle");
        return loadNumber<Number>(bytes.data());
    }

    template <class Length> std::uint64_t length() {
        const auto value = number<Length>();
        if constexpr (std::is_signed_v<Length>)
            if (value < 0)
                refusePickle("it announces a negative length, {}", value);
        const auto bytes = static_cast<std::uint64_t>(value);
        if (bytes > m_input.remaining())
            refusePickle("it announces {} bytes, but {} are left", bytes, m_input.remaining());
        return bytes;
    }

    std::string line();
    std::uint64_t lineIndex();
    void pushBytes(Kind kind, std::uint64_t count);
    void pushLong(std::uint64_t count);
    void pushDecimal(std::string_view text);
    void pushLine(const Result<std::string>& text);

    void step();
    void stepText();
    void stepPlain();
    void stepBinary();

    PickleInput& m_input;
    const Limits& m_limits;
    PickleBuilder m_builder;
    std::uint64_t m_begin;
    std::uint64_t m_at = 0;
    std::uint8_t m_code = 0;
};

std::string PickleMachine::line() {
    std::string text;
    while (true) {
        const auto c = static_cast<char>(number<std::uint8_t>());
        if (c == '\n')
            return text;
        if (text.size() == longestLine)
            refusePickle("a line is longer than {} bytes", longestLine);
        text += c;
    }
}

std::uint64_t PickleMachine::lineIndex() {
    const std::string text = line();
    const char* end = text.data() + text.size();
    std::uint64_t value = 0;
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc() || stop != end)
        refusePickle("'{}' is no memo index", text.substr(0, 40));
    return value;
}

void PickleMachine::pushBytes(Kind kind, std::uint64_t count) {
    m_builder.pushText(kind, count, [&](std::string& all) {
        if (!m_input.append(all, count))
            refusePickle("the file cannot be read there");
    });
}

void PickleMachine::pushLong(std::uint64_t count) {
    if (count > 8)
        return pushBytes(Kind::BigInt, count);
    std::array<std::byte, 8> bytes{};
    if (!m_input.read(std::span(bytes).first(static_cast<std::size_t>(count))))
        refusePickle("the file ends inside the pickle");
    const bool isNegative = count > 0 && (bytes[count - 1] & std::byte{0x80}) != std::byte{0};
    for (std::size_t i = count; isNegative && i < bytes.size(); ++i)
        bytes[i] = std::byte{0xff};
    m_builder.push(Kind::Int, loadNumber<std::uint64_t>(bytes.data()));
}

void PickleMachine::pushDecimal(std::string_view text) {
    const char* end = text.data() + text.size();
    std::int64_t value = 0;
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem == std::errc::result_out_of_range)
        return m_builder.pushText(Kind::BigInt, text);
    if (problem != std::errc() || stop != end)
        refusePickle("'{}' is no whole number", text.substr(0, 40));
    m_builder.push(Kind::Int, static_cast<std::uint64_t>(value));
}

void PickleMachine::pushLine(const Result<std::string>& text) {
    if (!text)
        refusePickle("{}", text.error().text);
    m_builder.pushText(Kind::Text, *text);
}

/// Instructions that build structure, common to all protocols.
void PickleMachine::step() {
    switch (m_code) {
    case '(':
        return m_builder.mark();
    case '0':
        return m_builder.popItemOrMark();
    case '1':
        static_cast<void>(m_builder.popToMark());
        return;
    case '2':
        return m_builder.push(m_builder.top());
    case 'N':
        return m_builder.push(Kind::None);
    case 'R':
    case 0x81:
        return m_builder.callWithArguments();
    case 0x92:
        return m_builder.callWithKeywords();
    case 'o':
        return m_builder.callFromMark();
    case 'b':
        return m_builder.build();
    case 'Q':
        return m_builder.push(Kind::Persistent, m_builder.pop());
    case 'a':
        return m_builder.appendItem();
    case 'e':
        return m_builder.extend(m_builder.popToMark(), Kind::List, false);
    case 's':
        return m_builder.setItem();
    case 'u':
        return m_builder.setItems(m_builder.popToMark());
    case 'd': {
        const std::vector<PickleGraph::Id> pairs = m_builder.popToMark();
        m_builder.pushList(Kind::Dict, {});
        return m_builder.setItems(pairs);
    }
    case 'l':
        return m_builder.pushList(Kind::List, m_builder.popToMark());
    case 't':
        return m_builder.pushList(Kind::Tuple, m_builder.popToMark());
    case '}':
        return m_builder.pushList(Kind::Dict, {});
    case ']':
        return m_builder.pushList(Kind::List, {});
    case ')':
        return m_builder.pushList(Kind::Tuple, {});
    case 0x85:
        return m_builder.pushTuple(1);
    case 0x86:
        return m_builder.pushTuple(2);
    case 0x87:
        return m_builder.pushTuple(3);
    case 0x8f:
        return m_builder.pushList(Kind::Set, {});
    case 0x90:
        return m_builder.extend(m_builder.popToMark(), Kind::Set, false);
    case 0x91:
        return m_builder.pushList(Kind::Set, m_builder.popToMark());
    case 0x93:
        return m_builder.globalFromStack();
    default:
        return m_code < 0x80 ? stepText() : stepBinary();
    }
}

/// Instructions whose argument is a line: protocol 0.
void PickleMachine::stepText() {
    switch (m_code) {
    case 'I': {
        const std::string text = line();
        if (text == "00" || text == "01")
            return m_builder.push(Kind::Bool, text == "01" ? 1 : 0);
        return pushDecimal(text);
    }
    case 'L': {
        std::string text = line();
        if (!text.empty() && text.back() == 'L')
            text.pop_back();
        return pushDecimal(text);
    }
    case 'F':
        static_cast<void>(line());
        return m_builder.push(Kind::Float);
    case 'S':
        return pushLine(unquotedPickleString(line()));
    case 'V':
        return pushLine(unescapedPickleUnicode(line()));
    case 'P': {
        pushLine(line());
        return m_builder.push(Kind::Persistent, m_builder.pop());
    }
    case 'c': {
        const std::string moduleName = line();
        return m_builder.pushGlobal(moduleName, line());
    }
    case 'i': {
        const std::string moduleName = line();
        const std::string name = line();
        m_builder.pushList(Kind::Tuple, m_builder.popToMark());
        const PickleGraph::Id arguments = m_builder.pop();
        m_builder.pushGlobal(moduleName, name);
        return m_builder.pushObject(m_builder.pop(), arguments);
    }
    case 'g':
        return m_builder.recall(lineIndex());
    case 'p':
        return m_builder.memoize(lineIndex());
    default:
        return stepPlain();
    }
}

/// Instructions of protocol 1: short binary arguments.
void PickleMachine::stepPlain() {
    const auto pushInteger = [&](std::int64_t value) {
        m_builder.push(Kind::Int, static_cast<std::uint64_t>(value));
    };
    switch (m_code) {
    case 'h':
        return m_builder.recall(number<std::uint8_t>());
    case 'q':
        return m_builder.memoize(number<std::uint8_t>());
    case 'j':
        return m_builder.recall(number<std::uint32_t>());
    case 'r':
        return m_builder.memoize(number<std::uint32_t>());
    case 'J':
        return pushInteger(number<std::int32_t>());
    case 'K':
        return pushInteger(number<std::uint8_t>());
    case 'M':
        return pushInteger(number<std::uint16_t>());
    case 'G':
        static_cast<void>(number<std::uint64_t>());
        return m_builder.push(Kind::Float);
    case 'T':
        return pushBytes(Kind::Text, length<std::int32_t>());
    case 'U':
        return pushBytes(Kind::Text, length<std::uint8_t>());
    case 'X':
        return pushBytes(Kind::Text, length<std::uint32_t>());
    case 'B':
        return pushBytes(Kind::Bytes, length<std::uint32_t>());
    case 'C':
        return pushBytes(Kind::Bytes, length<std::uint8_t>());
    default:
        refusePickle("there is no such instruction");
    }
}

/// Instructions of protocol 2 and later.
void PickleMachine::stepBinary() {
    switch (m_code) {
    case 0x80:
        if (const auto protocol = number<std::uint8_t>(); protocol > 5)
            refusePickle("protocol {} is newer than 5", protocol);
        return;
    case 0x82:
    case 0x83:
    case 0x84:
        refusePickle("it rests on numbers that only the writing program's registry explains");
    case 0x88:
        return m_builder.push(Kind::Bool, 1);
    case 0x89:
        return m_builder.push(Kind::Bool, 0);
    case 0x8a:
        return pushLong(length<std::uint8_t>());
    case 0x8b:
        return pushLong(length<std::int32_t>());
    case 0x8c:
        return pushBytes(Kind::Text, length<std::uint8_t>());
    case 0x8d:
        return pushBytes(Kind::Text, length<std::uint64_t>());
    case 0x8e:
    case 0x96:
        return pushBytes(Kind::Bytes, length<std::uint64_t>());
    case 0x94:
        return m_builder.memoizeNext();
    case 0x95:
        static_cast<void>(length<std::uint64_t>());
        return; // a frame: only a hint
    case 0x97:
    case 0x98:
        refusePickle("its data lie outside the pickle");
    default:
        refusePickle("there is no such instruction");
    }
}

} // namespace

Result<PickleGraph> readPickle(PickleInput& input, const Limits& limits) {
    PickleMachine machine(input, limits);
    try {
        return machine.run();
    } catch (const PickleRefusal& refusal) {
        return std::unexpected(Error{
            input.where(), fmt::format("{}: {}", machine.place(), refusal.text), refusal.advice});
    }
}

Error withAdviceElse(Error error, std::string advice) {
    if (error.advice.empty())
        error.advice = std::move(advice);
    return error;
}

} // namespace heirloom
