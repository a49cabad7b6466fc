// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "common/base/utf8.hpp"

namespace signalbox::estate {
namespace {

// Leaves the library's parser at the first breach of a rule; caught in parse_document.
struct Refused {
    Problem problem;
};

// The library counts bytes; people count characters. Asked in the order of the text, it reads each line once.
class Columns {
  public:
    explicit Columns(std::string_view text)
        : rest_(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text) {}

    [[nodiscard]] Position at(const std::string& file, const YAML::Mark& mark) {
        while (line_ < mark.line) {
            const std::size_t end = rest_.find('\n');
            if (end == std::string_view::npos) return {file, mark.line + 1, mark.column + 1};
            rest_.remove_prefix(end + 1);
            ++line_;
            bytes_ = characters_ = 0;
        }
        // Back in an earlier line or an earlier place of this one: as the library counts.
        if (line_ > mark.line || bytes_ > mark.column) return {file, mark.line + 1, mark.column + 1};
        return {file, mark.line + 1, characters_in(mark.column) + 1};
    }

  private:
    int characters_in(int bytes) {
        while (bytes_ < bytes && !rest_.empty()) {
            const auto size = static_cast<int>(decode_utf8(rest_).bytes);
            rest_.remove_prefix(static_cast<std::size_t>(size));
            bytes_ += size;
            ++characters_;
        }
        return characters_;
    }
    std::string_view rest_;  // from where it stands
    int line_ = 0;
    int bytes_ = 0;  // of this line, before `rest_`
    int characters_ = 0;
};

class Builder final : public YAML::EventHandler {
  public:
    Builder(const std::string& file, Columns& columns) : file_(file), columns_(columns) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        no_anchor(mark, anchor);
        place(Node::Kind::null, mark);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(mark, "an alias (*name) stands here, and aliases are not read",
               "Write the value out where it is used");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        no_anchor(mark, anchor);
        no_tag(mark, tag);
        if (awaits_key()) {
            take_key(mark, value);
            return;
        }
        Node& node = place(Node::Kind::scalar, mark);
        // A plain ~ or null is no text; a quoted one (tag "!") is.
        if (tag != "!" && (value == "~" || value == "null")) {
            node.kind = Node::Kind::null;
        } else {
            node.scalar = value;
        }
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

    Node root;

  private:
    struct Level {
        Node* node;
        bool key_taken = false;  // of a map: its value comes next
    };

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message, std::string remedy) const {
        throw Refused{{position(mark), std::move(message), std::move(remedy)}};
    }
    [[nodiscard]] Position position(const YAML::Mark& mark) const { return columns_.at(file_, mark); }
    void no_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor != 0) refuse(mark, "an anchor (&name) stands here, and anchors are not read", "Remove it");
    }
    void no_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!") {
            refuse(mark, fmt::format("a tag ({:.60}) stands here, and tags are not read", tag), "Remove it");
        }
    }
    [[nodiscard]] bool awaits_key() const {
        return !levels_.empty() && levels_.back().node->kind == Node::Kind::map && !levels_.back().key_taken;
    }
    void take_key(const YAML::Mark& mark, const std::string& key) {
        Node& map = *levels_.back().node;
        for (const auto& entry : map.entries) {
            if (entry.key != key) continue;
            refuse(mark, fmt::format("'{:.60}' is there twice (first in line {})", key, entry.at.line),
                   "Keep one of the two");
        }
        map.entries.push_back({key, position(mark), {}});
        levels_.back().key_taken = true;
    }
    Node& place(Node::Kind kind, const YAML::Mark& mark) {
        if (++nodes_ > kMaxNodes) {
            refuse(mark, fmt::format("the file has more than {} values", kMaxNodes), "Split it");
        }
        Node* target = &root;
        if (!levels_.empty()) {
            Level& level = levels_.back();
            if (level.node->kind == Node::Kind::map) {
                if (!level.key_taken) refuse(mark, "this key is not a plain word", "Use a word as the key");
                level.key_taken = false;
                target = &level.node->entries.back().value;
            } else {
                target = &level.node->items.emplace_back();
            }
        }
        target->kind = kind;
        target->at = position(mark);
        return *target;
    }
    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        no_anchor(mark, anchor);
        no_tag(mark, tag);
        if (levels_.size() >= kMaxDepth) {
            refuse(mark, fmt::format("lists and maps are nested deeper than {}", kMaxDepth), "Flatten them");
        }
        levels_.push_back({&place(kind, mark)});
    }
    void close() { levels_.pop_back(); }

    const std::string& file_;
    Columns& columns_;
    std::vector<Level> levels_;
    std::size_t nodes_ = 0;
};

// Reads a view without copying it.
class ViewBuffer final : public std::streambuf {
  public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());
        setg(begin, begin, begin + text.size());
    }
};

void require_text(const std::string& file, std::string_view text) {
    if (text.size() > kMaxFileBytes) {
        throw Refused{{{file, 0, 0},
                       fmt::format("the file has {} bytes; {} are allowed", text.size(), kMaxFileBytes),
                       "Split it"}};
    }
    int line = 1;
    int column = 1;
    while (!text.empty()) {
        const char c = text.front();
        const Character character = decode_utf8(text);
        if (c == '\0') throw Refused{{{file, line, column}, "a NUL byte stands here", "Save it as UTF-8"}};
        if (!character.valid) {
            throw Refused{{{file, line, column},
                           fmt::format("the byte 0x{:02x} stands here, which is no character of UTF-8",
                                       static_cast<unsigned char>(c)),
                           "Save it as UTF-8"}};
        }
        column = c == '\n' ? 1 : column + 1;
        line += c == '\n' ? 1 : 0;
        text.remove_prefix(character.bytes);
    }
}

}  // namespace

std::string_view to_string(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::scalar:
            return "a value";
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            return "a map";
    }
    return "nothing";
}

std::optional<Node> parse_document(const std::string& file, std::string_view text, Problems& problems) {
    try {
        require_text(file, text);
        ViewBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        Columns columns(text);
        Builder builder(file, columns);
        if (!parser.HandleNextDocument(builder)) {
            problems.push_back({{file, 0, 0}, "the file is empty", "Write the document, or remove the file"});
            return std::nullopt;
        }
        Builder rest(file, columns);
        if (parser.HandleNextDocument(rest)) {
            problems.push_back({rest.root.at.line > 0 ? rest.root.at : Position{file, 1, 1},
                                "a second document starts here", "Put each document in a file of its own"});
            return std::nullopt;
        }
        return std::move(builder.root);
    } catch (const Refused& refused) {
        problems.push_back(refused.problem);
    } catch (const YAML::Exception& error) {
        problems.push_back({Columns(text).at(file, error.mark), fmt::format("not valid YAML: {}", error.msg),
                            "Check the indentation and the quotes here and in the line above"});
    } catch (const std::exception& error) {
        problems.push_back(
            {{file, 0, 0}, fmt::format("not valid YAML: {}", error.what()), "Save it as UTF-8"});
    }
    return std::nullopt;
}

}  // namespace signalbox::estate
