// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of the house that a compiler does not see: who may include whom, where SQL text stands, licence lines,
// and that the version is told once.

#include <QDirIterator>
#include <QFile>
#include <QLibraryInfo>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

namespace {

using namespace Qt::StringLiterals;

const QString root = QStringLiteral(SOURCE_ROOT);

/// The floors, lowest first. A folder may include itself and every folder before it, except its equals.
const QStringList floors = {u"pg"_s,      u"pgque"_s,   u"workqueue"_s, u"domain"_s,  u"queries"_s,
                            u"link"_s,    u"store"_s,   u"monitor"_s,   u"operate"_s, u"schema"_s,
                            u"sandbox"_s, u"stepper"_s, u"desk"_s,      u"models"_s,  u"ui"_s};
const QSet<QString> rooms = {u"monitor"_s, u"operate"_s, u"schema"_s, u"sandbox"_s, u"stepper"_s};
const QSet<QString> withoutQt = {u"pg"_s, u"pgque"_s, u"workqueue"_s, u"domain"_s, u"queries"_s};
const QSet<QString> withSql = {u"pgque"_s, u"workqueue"_s, u"queries"_s, u"schema"_s};

QString read(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    return QString::fromUtf8(file.readAll());
}

QStringList sources(const QString& folder) {
    QStringList found;
    QDirIterator files(root + u'/' + folder, {u"*.h"_s, u"*.cpp"_s}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext())
        found << files.next();
    found.sort();
    return found;
}

QString folderOf(const QString& path) {
    const QString relative = path.mid(root.size() + 1);
    return relative.startsWith("src/"_L1) ? relative.section(u'/', 1, 1) : relative.section(u'/', 0, 0);
}

bool mayInclude(const QString& from, const QString& to) {
    if (from == to || from == "app"_L1)
        return true;
    if (rooms.contains(from) && rooms.contains(to))
        return from == "sandbox"_L1 && to == "schema"_L1;
    return floors.indexOf(to) < floors.indexOf(from);
}

/// The text of all string literals of a source, comments left out.
QString literals(const QString& source) {
    static const QRegularExpression token(
        // a raw literal, a plain literal, or what must not be mistaken for one: comments and characters
        QStringLiteral("R\"(\\w*)\\((.*?)\\)\\1\""
                       "|\"((?:[^\"\\\\\\n]|\\\\.)*)\""
                       "|//[^\\n]*|/\\*.*?\\*/"
                       "|'(?:[^'\\\\\\n]|\\\\.)'"),
        QRegularExpression::DotMatchesEverythingOption);
    QString all;
    for (auto match = token.globalMatch(source); match.hasNext();) {
        const auto one = match.next();
        all += one.captured(2) + one.captured(3) + u'\n';
    }
    return all;
}

} // namespace

class TestHouse : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void includes() {
        static const QRegularExpression include(QStringLiteral("^\\s*#\\s*include\\s+[\"<]([^\">]+)[\">]"),
                                                QRegularExpression::MultilineOption);
        const QString widgets = QLibraryInfo::path(QLibraryInfo::HeadersPath) + "/QtWidgets/"_L1;
        QVERIFY(QFile::exists(widgets + "QWidget"_L1));

        QStringList broken;
        const QStringList files = sources(u"src"_s) + sources(u"app"_s);
        QVERIFY(!files.isEmpty());
        for (const QString& path : files) {
            const QString folder = folderOf(path);
            for (auto match = include.globalMatch(read(path)); match.hasNext();) {
                const QString header = match.next().captured(1);
                const QString target = header.section(u'/', 0, 0);
                const QString last = header.section(u'/', -1);
                const QString what = path.mid(root.size() + 1) + " includes "_L1 + header;
                if (floors.contains(target) && header.contains(u'/') && !mayInclude(folder, target))
                    broken << what + ": a folder knows only those below it"_L1;
                if ((header == "libpq-fe.h"_L1 || header.startsWith("libpq/"_L1)) && folder != "pg"_L1)
                    broken << what + ": libpq stays in src/pg"_L1;
                if (last.startsWith(u'Q') && withoutQt.contains(folder))
                    broken << what + ": this folder is plain C++"_L1;
                if (folder != "ui"_L1 && folder != "app"_L1 &&
                    (header.startsWith("QtWidgets"_L1) || (last.startsWith(u'Q') && QFile::exists(widgets + last))))
                    broken << what + ": widgets stay in ui and app"_L1;
            }
        }
        QVERIFY2(broken.isEmpty(), qPrintable(broken.join(u'\n')));
    }

    void sqlText() {
        static const QRegularExpression sql(
            QStringLiteral("\\b(select\\s[^\\n]*\\sfrom\\s|insert\\s+into\\s|update\\s+\\S+\\s+set\\s|delete\\s+from\\s"
                           "|select\\s+(pgque|pg_catalog|workqueue)\\.|set\\s+local\\s|begin\\s+(isolation|read)"
                           "|lock\\s+table\\s|truncate\\s|create\\s+(table|index|schema|role)\\s|listen\\s+\\S)"),
            QRegularExpression::CaseInsensitiveOption);
        QStringList broken;
        for (const QString& path : sources(u"src"_s) + sources(u"app"_s)) {
            const QString folder = folderOf(path);
            if (withSql.contains(folder) || folder == "store"_L1)
                continue;
            const auto match = sql.match(literals(read(path)));
            // LISTEN with a quoted channel is part of the connection itself.
            if (match.hasMatch() &&
                !(folder == "pg"_L1 && match.captured().startsWith("listen"_L1, Qt::CaseInsensitive)))
                broken << path.mid(root.size() + 1) + ": "_L1 + match.captured();
        }
        QVERIFY2(broken.isEmpty(), qPrintable("SQL text outside its folders:\n"_L1 + broken.join(u'\n')));
    }

    /// Every rule of the diagnosis is explained, and no other.
    void rulesAreExplained() {
        static const QRegularExpression named(QStringLiteral("(?:found\\(|broken\\(one, )\\s*\"([a-z_]+)\""));
        static const QRegularExpression listed(QStringLiteral("`([a-z]+(?:_[a-z]+)+)`(?=[^\n|]*\\|)"));
        QSet<QString> rules;
        for (const QString& path : sources(u"src/monitor"_s)) {
            for (auto match = named.globalMatch(read(path)); match.hasNext();)
                rules.insert(match.next().captured(1));
        }
        QSet<QString> explained;
        const QStringList lines = (read(root + u"/docs/diagnosis.md"_s) +
                                   read(root + u"/docs/workqueue.md"_s).section(u"# What the console watches"_s, 1))
                                      .split(u'\n');
        for (const QString& line : lines) {
            const QString first = line.section(u'|', 0, 1) + u'|';
            for (auto match = listed.globalMatch(first); match.hasNext() && line.startsWith(u'|');)
                explained.insert(match.next().captured(1));
        }
        QVERIFY(rules.size() > 30);
        QStringList differ = (rules - explained + (explained - rules)).values();
        differ.sort();
        QVERIFY2(differ.isEmpty(), qPrintable(differ.join(u' ')));
    }

    void sqlTextIsFound() {
        QVERIFY(literals(u"x = \"select a\" // \"no\"\n"_s).contains("select a"_L1));
        QVERIFY(!literals(u"x = 1; // \"no\"\n"_s).contains("no"_L1));
        QVERIFY(literals(QStringLiteral("R\"(select 1\nfrom t)\"")).contains("from t"_L1));
    }

    /// A number of something reads as English does: each such text of the screen is in the translation.
    void pluralsAreTranslated() {
        const QString translated = read(root + u"/resources/translations/batchscope_en.ts"_s);
        QVERIFY(!translated.contains(u"unfinished"_s));
        const QRegularExpression joint(u"\"\\s*\n\\s*\""_s);
        const QRegularExpression plural(u"tr\\(\\s*\"((?:[^\"\\\\]|\\\\.)*%n(?:[^\"\\\\]|\\\\.)*)\""_s);
        QStringList missing;
        int known = 0;
        for (const QString& path : sources(u"src/models"_s) + sources(u"src/ui"_s)) {
            const QString source = read(path).replace(joint, QString());
            for (auto found = plural.globalMatch(source); found.hasNext(); ++known) {
                const QString text = found.next().captured(1).replace(u"\\n"_s, u"\n"_s);
                if (!translated.contains(u"<source>"_s + text.toHtmlEscaped() + u"</source>"_s))
                    missing += path + u": "_s + text;
            }
        }
        QVERIFY(known > 50);
        QVERIFY2(missing.isEmpty(), qPrintable(missing.join(u'\n')));
    }

    void licences() {
        static const QSet<QString> apache = {u"pg"_s, u"pgque"_s, u"workqueue"_s, u"sql"_s, u"examples"_s};
        QStringList broken;
        QDirIterator files(root, {u"*.h"_s, u"*.cpp"_s, u"*.sql"_s, u"*.cmake"_s, u"CMakeLists.txt"_s}, QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QString path = files.next();
            const QString relative = path.mid(root.size() + 1);
            if (relative.startsWith("build"_L1) || relative.startsWith("out/"_L1))
                continue;
            const QString head = read(path).left(400);
            const QString expected = apache.contains(folderOf(path)) ? u"Apache-2.0"_s : u"GPL-3.0-or-later"_s;
            const bool listFile = path.endsWith("CMakeLists.txt"_L1) || path.endsWith(".cmake"_L1);
            if (!head.contains("SPDX-License-Identifier: "_L1 + expected) &&
                !(listFile && head.contains("SPDX-License-Identifier: "_L1)))
                broken << relative + " should say "_L1 + expected;
        }
        QVERIFY2(broken.isEmpty(), qPrintable(broken.join(u'\n')));
    }

    void oneVersion() {
        const QString version = QStringLiteral(PROGRAM_VERSION);
        QVERIFY(read(root + "/CMakeLists.txt"_L1).contains("VERSION "_L1 + version));
        QVERIFY(read(root + "/CHANGELOG.md"_L1).contains("## "_L1 + version));
        QVERIFY(
            read(root + "/resources/org.batchscope.Batchscope.metainfo.xml.in"_L1).contains("@PROJECT_VERSION@"_L1));
    }
};

QTEST_GUILESS_MAIN(TestHouse)
#include "tst_house.moc"
