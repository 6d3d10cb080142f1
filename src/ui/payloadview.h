// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/jsontreemodel.h"
#include "models/masking.h"

#include <QWidget>

class QAbstractButton;
class QLabel;
class QStackedWidget;
class QTreeView;

namespace ui {

class PayloadText;
class Segments;

/// A payload as text and as a JSON tree. NULL, empty and blank texts are told apart, control characters are visible,
/// what is no JSON says where it breaks, and of a long text the beginning is shown first. Secrets are hidden. A long
/// text is made ready on another thread. Copied is what may be seen, exactly.
class PayloadView : public QWidget {
    Q_OBJECT

public:
    explicit PayloadView(QWidget* parent = nullptr);

    void clear(const QString& why);
    void showLoading();
    /// The payload, of which bytes are the whole's size; there may be less text than that.
    void showPayload(const std::optional<std::string>& text, qint64 bytes);
    void showFailure(const QString& why);
    /// Once more, because what is hidden changed.
    void showAgain();

    /// What was shown last is on screen.
    bool isReady() const { return !m_preparing; }

    static constexpr qint64 firstBytes = qint64(256) * 1024;
    static constexpr qint64 mostBytes = qint64(16) * 1024 * 1024;

    QWidget* modeSwitch() const; ///< Tree | Text, for a card's heading

Q_SIGNALS:
    /// So many bytes should be fetched.
    void moreWanted(qint64 bytes);
    void ready();

private:
    enum Mode { Tree, Text };

    /// A payload as it will be shown, made off the window's thread where it is long.
    struct Prepared;
    static Prepared prepare(const std::string& text, bool whole, const models::Masking& masking);
    void showPrepared(Prepared prepared);

    void addCopyActions();
    void setMode(int mode);
    void say(const QString& text);
    QString showTree(Prepared& prepared);

    models::JsonTreeModel m_json;
    Segments* m_switch;
    QStackedWidget* m_stack;
    QTreeView* m_tree;
    PayloadText* m_text;
    QLabel* m_remark;
    QAbstractButton* m_copy;
    QAbstractButton* m_more;
    bool m_hasTree = false;
    int m_wantedMode = Tree;
    std::optional<std::string> m_payload;
    qint64 m_bytes = 0;
    quint64 m_request = 0;
    bool m_hasPayload = false;
    bool m_preparing = false;
};

} // namespace ui
