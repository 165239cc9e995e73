"""Words of injections: orders to a language model that are hidden in text, in many languages.

Entries are separated by commas
one language per line. `*` at the beginning or end of a word stands
for any letters. Case, accents and vowel marks do not matter: words are compared after
`core.unicode.folded`.
"""

SET_ASIDE = """
do the opposite of, opposite of what, fais fi, faites fi, boşver*, отмени все
ne respecte plus, ne respectez plus, ne tiens plus compte, ne tenez plus compte
no respetes más, ya no respetes, no obedezcas más, não respeite mais, não obedeça mais
non rispettare più, niet meer respecteren, nie przestrzegaj już, больше не соблюдай*
больше не выполняй*
no longer matter, no longer matters, do not matter, don t matter, does not matter, irrelevant
regardless of your, instead of following, as though no, as if no, as though there were no
as if there were no, as if there was no, as though there was no, as if you had no
as though you had no, as if you never, pretend, nothing else from
spielen keine rolle mehr, sind egal, als gäbe es keine, als hättest du keine, ohne rücksicht auf
n ont plus d importance, n ont aucune importance, comme s il n y avait aucune, sans tenir compte
ya no importan, no importan, como si no hubiera, como si no existieran, sin tener en cuenta
não importam mais, como se não houvesse, como se não existissem, sem levar em conta
non contano più, non hanno più importanza, come se non ci fossero, senza tenere conto
doen er niet meer toe, alsof er geen, nie mają już znaczenia, jakby nie było
больше не имеют значения, не имеют значения, как будто нет, как если бы не было
artık önemli değil, yokmuş gibi, 不再重要, 当作没有, 当作不存在, 重要ではありません
더 이상 중요하지 않*, لم تعد مهمة, अब मायने नहीं
stop using, stop applying, stop respecting
don t exist, do not exist, replaces, replace all, supersedes, drop the, drop all
skip your, skip all
ersetzt alle, ersetzt die, existieren nicht, es gibt keine, hör auf, folge nicht mehr
befolge nicht mehr
arrête de suivre, arrêtez de suivre, cesse de suivre, cessez de suivre, n existaient pas
n existent pas
remplace toutes, sans effet, n applique plus, ne suis plus, ne suivez plus
deja de seguir, deje de seguir, no sigas más, sin efecto, reemplaza todas, sustituye a todas
no existen
pare de seguir, deixe de seguir, não siga mais, sem efeito, não existem, smetti di seguire
smettila di
non seguire più, senza effetto, stop met, volg niet langer, sluta följa, følg ikke
stop med at følge, älä noudata enää
przestań stosować, przestań przestrzegać, nie słuchaj, przestaň, přestaň, nu mai urma
ne kövesd tovább
перестань следовать, прекрати следовать, перестаньте следовать, не действуют, больше не следуй
не слушай
не слушайся, припини, перестань виконувати, takip etme, uymayı bırak, uymaktan vazgeç, geçersiz
bırak
توقف عن اتباع, توقفي عن, كف عن, لا تعتمد, دنبال نکن*, پیروی نکنید, ماننا بند, להפסיק
पालन बंद, पालन करना बंद, हटा दो, हटा दें, छोड़ दो, छोड़ दें, मानना छोड़, মানবে না, মানা বন্ধ
বাদ দাও, মেনে চলবে না
停止遵循, 停止遵守, 不再遵循, 不再遵守, 停止执行, 不要执行, 取消之前, 推翻, 取り消します
取り消して, 取消します, 従うのをやめ, やめて
지워*, 그만 따르*, 취소하고, 버리고, 따르는 것을 멈*, ngừng làm theo, thôi làm theo
không cần làm theo, หยุดทำตาม, เลิกทำตาม
jangan lagi, berhenti mengikuti, tidak perlu mengikuti, itigil ang pagsunod, acha kufuata
quit obeying, quit following, cease following, stop listening, cease obeying, don t bother with
unfollow
never follow, no need to follow, need not follow, do not care about, don t care about, give up
sind hinfällig, sind nichtig, pfeif auf, halte dich nicht, laisse tomber, moque toi, sáltate
sáltese, salta
quita, não ligue para, não cumpra, lascia stare, fregatene, laat varen, lek maar niet, olej
odpuść sobie
наплюй на, не соблюдай*, отбрось*, отбросьте, выкинь, मत मानो, न मानो, मत मानें, मानना बंद
পালন করো না, মেনো না
لا تطع, لا تنفذ, لا تعمل, اطرح, رها کن, عمل نکن*, پیروی نہ, عمل نہ, תתעלם, לא לציית, umursama*
takma*
따르지 않*, 지키지 마*, 버려*, 듣지 마*, 守らない, 守るな, 聞かない, 従わなく, 不听, 别听, 不要管
不遵守
mặc kệ, gạt bỏ, อย่าฟัง, jangan turuti, tinggalkan, jangan hiraukan
no longer apply, no longer applies, no longer valid, no longer count, do not apply, are outdated
are obsolete, are void, are invalid, are cancelled, are canceled, are replaced, are superseded
scrap
gelten nicht mehr, gilt nicht mehr, sind aufgehoben, sind ungültig, ne s appliquent plus
sont annulées
ne sont plus valables, ya no se aplican, ya no valen, quedan anuladas, não valem mais
não se aplicam mais
non valgono più, gelden niet meer, już nie obowiązują, больше не действуют, отменены
недействительны
geçersizdir, geçerli değil, لم تعد سارية, ملغاة, लागू नहीं, रद्द हैं, 不再有效, 不再适用, 作废
無効です, 無効にして
tidak berlaku lagi, không còn hiệu lực
ignor*, disregard*, forget, overrid*, bypass*, circumvent*, disobey, violate, overwrite, supersede
set aside, put aside, leave aside, pay no attention, pay no heed, take no notice, neglect, unlearn
do not follow, don t follow, stop following, do not obey, don t obey, stop obeying, do not listen
don t listen, do not adhere, don t adhere, do not comply, do not respect, nevermind, never mind
do not heed, don t heed, do not apply, refuse to follow, let go of, throw out, throw away, abandon
ignorier*, missacht*, vergiss, vergesst, vergessen sie, außer acht, außer kraft, nicht beachten
beachte nicht, beachte keine, beachten sie nicht, nicht befolgen, befolge nicht, befolge keine
folge nicht, übergehe, verwirf, umgehe, überschreibe, hör nicht auf, halte dich nicht an
oubli*, ne tiens pas compte, ne tenez pas compte, tenir compte d aucune, abstraction, néglige*
ne suis pas
ne suivez pas, passe outre, passez outre, outrepass*, contourne*, laisse de côté, laissez de côté
mets de côté, mettez de côté, n obéis pas, n obéissez pas, ne respecte pas
olvid*, caso omiso, no sigas, no siga, no hagas caso, no tengas en cuenta, no tenga en cuenta
omite
omita, omitir, descarta*, desestim*, pasa por alto, deja de lado, desobedece*, desatiend*
prescinde
no obedezcas, no cumplas
esqueç*, esquecer, desconsider*, despreze, não siga*, não obedeça*, deixe de lado, deixa de lado
descarte, não leve em conta, desobedeça
dimentica*, non seguire, non tenere conto, trascura*, scarta, lascia perdere, metti da parte
tralascia*, disattendi, non rispettare, non obbedire
negeer, negeren, vergeet, sla geen acht, buiten beschouwing, volg niet, let niet op, schend
ignorera, glöm, bortse från, strunta i, bry dig inte om, ignorer, ignorér, glem, se bort fra
jätä huomiotta, unohda, älä välitä, ohita, sivuuta, älä noudata
zignoruj*, ignoruj*, zapomnij*, pomiń*, nie zważaj*, nie stosuj się, nie przestrzegaj, zlekceważ*
zapomeň*, nevšímej*, zabudni*, nedbej, neřiď se, nedodržuj
uită, uitați, nu ține cont, nu respecta, nu urma, figyelmen kívül, felejtsd, feledd, mellőzd
ne kövesd
zanemari*, zaboravi*, занемари*, заборави*, пренебрегн*, забрави*
αγνόησ*, αγνοήσ*, ξέχνα, ξέχασ*, ξεχάσ*, μην ακολουθ*, παράβλεψ*, παραβλέψ*
игнорир*, проигнорир*, забудь*, забыть, пренебрег*, отбрось*, не обращай внимания
не обращайте внимания, не следуй*, не выполняй*, не учитывай*, нарушь*
ігнору*, проігнор*, не зважай*, знехтуй*, відкинь*, не дотримуйся
yok say*, görmezden gel*, göz ardı et*, unut, unutun, unutunuz, dikkate alma*, boş ver, uyma
kenara bırak*, itaat etme, takip etme
*تجاهل*, انس, انسى, انسي, تغاض*, *لا تتبع*, تجاوز, اهمل, تخط, لا تلتزم, اصرف النظر, دع جانبا
نادیده*, فراموش کن*, صرف نظر کن, پیروی نکن*, کنار بگذار, نظر انداز*, نظرانداز*, بھول جا*, بھلا دو
*התעלם*, *התעלמ*, *שכח*, אל תציית*, אל תקשיב*, עקוף
अनदेखा*, अनदेखी, नज़रअंदाज़*, नजरअंदाज*, नज़रंदाज़*, भूल जा*, भुला*, उपेक्षा, ध्यान न दें
ध्यान मत
पालन न करें, पालन मत, दुर्लक्ष*, विसर*, अवहेलना
উপেক্ষা*, ভুলে যা*, অগ্রাহ্য*, এড়িয়ে*, অবহেলা*, অমান্য
અવગણ*, ભૂલી*, ਨਜ਼ਰਅੰਦਾਜ਼*, ਅਣਡਿੱਠ*, ਭੁੱਲ*, புறக்கணி*, மறந்து*, விஸ்மர*, విస్మరించ*, మరచిపో*
మర్చిపో*, పట్టించుకో*
忽略, 无视, 無視, 忘记, 忘記, 忘掉, 不要理会, 不要理會, 不理会, 抛开, 拋開, 抛弃, 不要遵循
不要遵守, 别管
撇开, 绕过, 繞過, 忽视, 忽視, 不必理会, 不用管, 丢掉, 别理, 违反, 不要听从
忘れて, 忘れろ, 忘れなさい, 従わない, 従うな, 破棄し, 捨てて
무시*, 잊어*, 잊으*, 잊고, 따르지 마*, 따르지 말*, 무효*
bỏ qua, phớt lờ, quên, không làm theo, đừng làm theo, lờ đi, không tuân theo, đừng tuân theo
เพิกเฉย, ละเลย, ลืม, ไม่ต้องสนใจ, อย่าสนใจ, ไม่สนใจ, อย่าทำตาม, ไม่ต้องทำตาม
abaikan*, lupakan*, hiraukan*, acuhkan*, jangan ikuti, jangan patuhi, mengabaikan, kesampingkan
ketepikan
huwag pansinin, balewalain, kalimutan, isantabi, huwag sundin, puuza, sahau, usifuate, msifuate
"""
"""To set something aside, or not to follow it."""

WEAKLY_SET_ASIDE = """
cancel, delete, erase, wipe, reset, drop, discard, dismiss, skip, remove, void, nullify, scrap
break
lösche, streiche, annuliere, verwerfe, efface*, supprime*, annule*, borra*, elimina*, anula*
cancela*
apague, annulla*, cancella*, usuń, отмени*, сбрось*, удали*, sil, iptal et*, 取消, 清除, 删除
刪除, 削除
삭제*, 취소*, hapus*, batalkan*, xóa, रद्द*, বাতিল*, الغ, احذف
"""
"""The same, but customers also use these words for orders and messages. They count only beside
words for instructions."""

LAPSED = """
is cancelled, is canceled, is void, has no effect, have no effect, are gone
were only a test, was only a test, were just a test, was just a test, were a mistake, was a mistake
were a joke, were fake, is revoked, are revoked, has been revoked, have been revoked
is suspended, are suspended, waren nur ein test, waren ein versehen, n étaient qu un test
étaient une erreur, eran solo una prueba, eran un error, eram só um teste, erano solo una prova
были лишь тестом, были ошибкой, были только тестом, sadece bir testti, 只是测试, はテストでした
은 테스트였*
"""
"""The same as a statement. Customers say this of orders of goods, which do not count beside it."""

EARLIER = """
del sistema, do sistema, di sistema, système, des systems, システム, 시스템, النظام, सिस्टम
systemow*
системн*, swoich, swoim, swoimi, svých, svojich, своих, своим, своими, твоих, твоим, твоими
du début, von vorhin, von vorher, 먼저, 받은, पुराने, पुरानी, دی گئی, التي اعطيت, التي تلقيت, eski
starych
старые, старых, polučen*, полученные, viejas, antiguas, velhas, vecchie, oude, lama, तमाम, পুরনো
旧, 元の
old, developer, developers, creator, creators, administrator, de antes, antes, von oben, oben
previous*, prior, above, earlier, preceding, foregoing, all, any, every, these, those, your
system
you were, you ve been, you have been, you got, you received, you had, so far, initial, original
existing, former, past, other, before, up to now, until now, whatever, everything, current, given
safety
alle, allen, aller, alles, vorherig*, bisherig*, obig*, vorig*, früher*, vorangegangen*
vorhergehend*
vorstehend*, davor, zuvor, deine*, ihre, sämtliche*, bis jetzt, bis hierher, ursprünglich*
vorausgehend*
précédent*, tout, tous, toute, toutes, antérieur*, ci dessus, préalable*, tes, vos, jusqu ici
jusqu à présent, d avant, initial*, reçues, plus haut, aucune
anterior*, previa*, previo*, todas, todos, toda, todo, de arriba, precedente*, tus, sus
hasta ahora, que te dieron, que recibiste, inicial*, recibidas
prévias, prévios, acima, suas, seus, tuas, teus, até agora, que recebeu, iniciais
precedenti, tutte, tutti, tutto, di cui sopra, sopra, tue, tuoi, finora, fin qui, ricevute, prima
vorige, eerdere, voorgaande, bovenstaande, je, jouw, tot nu toe, alla, tidigare, föregående, ovan*
dina
tidligere, foregående, ovenstående, ovenfor, dine, aiem*, edelli*, kaikki, yllä*
wszystk*, poprzedni*, wcześniejsz*, powyższ*, dotychczasow*, swoje, twoje, předchozí*, předešl*
všechn*
dřívější*, výše, predchádzajúc*, všetk*, anterioar*, toate, de mai sus, korábbi*, előző*, összes
minden
fenti*, eddigi*, prethodn*, sve, sva, ranij*, претходн*, све, предишн*, всички, горни*
προηγούμεν*, όλες, όλα, όλους, παραπάνω, πιο πάνω
предыдущ*, прежн*, все, всех, всё, вышеуказан*, вышеизложен*, вышестоящ*, ранее, выше, прошл*
свои, твои
ваши, изначальн*, системн*, данные, попередн*, усі, всі, вищезазначен*, раніше
önceki*, tüm*, bütün*, yukarıdaki*, evvelki*, daha önce*, şimdiye kadar*, verilen
*سابق*, جميع, كل, كافة, اعلاه, *سالف*, *ماضي*, المذكور*, قبلی, پیشین, همه, تمام, بالا, قبل, قبلي
پچھل*, سابقہ, سب, پہلے, اوپر, گزشتہ, گذشتہ
*קודמ*, כל, *לעיל, שניתנו, שקיבלת
पिछल*, पहले, सभी, सारे, सारी, सब, उपरोक्त, पूर्व*, ऊपर, अब तक, मागील, आधीच्या, सर्व, वरील
আগের, পূর্ব*, সব, সমস্ত, উপরের, সকল, আগে*
અગાઉ*, પાછલ*, બધી, બધા, તમામ, ઉપર*, ਪਿਛਲ*, ਸਾਰ*, ਪਹਿਲ*, முந்தைய, அனைத்து, எல்லா, மேலே*
మునుపటి, అన్ని, గత, పై, ముందు*
之前, 以前, 先前, 前面, 上面, 上述, 以上, 所有, 全部, 一切, 此前, 原来, 原先, 你的, 您的, 系统
系統, 刚才, 早先, 任何
これまで, 以前, 上記, 前の, 今まで, すべて, 全て, 先の, 先ほど, 上の, あなたの, 直前, 従来, 全部
既存, いままで
이전*, 앞*, 위의, 위에, 위, 지금까지*, 모든, 기존*, 앞서, 전부
trước*, trên, tất cả, mọi, cũ
ก่อนหน้า, ทั้งหมด, ข้างต้น, เดิม, ที่ผ่านมา, ทุก
sebelumnya, semua, di atas, seluruh, terdahulu, sebelum ini, terdahulunya, segala
nakaraan*, lahat, naunang, nauna, itaas, dati*, yote, zote, awali, iliyotangulia, yaliyotangulia
zilizotangulia, hapo juu
"""
"""Which instructions: the earlier ones, or all."""

INSTRUCTIONS = """
guidance, configuration, briefing
instruction*, prompt, prompts, directive*, guideline*, guardrail*, safeguard*, programming
anweisung*, instruktion*, vorgabe*, richtlinie*, weisung*, systemprompt*
consigne*, directive*, instruccion*, indicacion*, directri*, instruç*, diretri*, orientaç*
istruzion*
direttiv*, instructie*, aanwijzing*, richtlijn*, anvisning*, riktlinj*, instruks*, ohje, ohjeet
ohjeita
instrukcj*, wytyczn*, instrukc*, pokyn*, inštrukci*, instrucțiun*, indicați*, utasítás*
instrukció*
uputstv*, упутств*, οδηγί*, οδηγι*, инструкц*, указан*, предписан*, директив*, промпт*, интрукц*
інструкц*, вказівк*, talimat*, yönerge*, direktif*
*تعليمات*, *توجيهات*, *ارشادات*, دستورالعمل*, دستورات*, دستور, هدایت*, ہدایات*, ہدایت*
*הוראות*, *הנחיות*, निर्देश*, अनुदेश*, हिदायत*, प्रॉम्प्ट*, सूचना*, निर्देशों*
নির্দেশ*, প্রম্পট*, সূচনা*, નિર્દેશ*, સૂચના*, ਹਦਾਇਤ*, ਨਿਰਦੇਸ਼*, வழிமுறை*, அறிவுறுத்த*, సూచన*
指令, 指示, 提示, 提示词, 提示詞, 指引, プロンプト, 指図, 지시*, 지침*, 프롬프트*
hướng dẫn, chỉ dẫn, chỉ thị, chỉ đạo, lời nhắc, คำสั่ง, คำแนะนำ, พรอมต์
instruksi*, petunjuk*, arahan*, tagubilin, panuto, instruksyon*, instruksiyon*, maagizo, maelekezo
"""
"""Instructions to a language model; unambiguous words."""

RULES = """
rule, rules, direction, directions, command, commands, restriction*, limitation*
constraint*, filter, filters, policy, policies, training, told you, you were told
regel, regeln, befehl*, anordnung*, auflagen, einschränkung*, règle*, ordre, ordres
restriction*
orden, ordenes, órdenes, regla, reglas, norma, normas, comando*, restriccion*, regra, regras
ordem, ordens
regola, regole, comandi, comando, regels, opdracht*, bevel*, reglerna, regler
reglene
säännöt, sääntöjä, käsky*, polece*, zasad*, reguł*, rozkaz*, pravidl*, příkaz*, príkaz*, regul*
szabály*, parancs*, pravil*, naredb*, правил*, κανόν*, κανον*, εντολ*, команд*, приказ*
распоряж*, установк*, наказ*, kural*, komut*, emir*, emri*, emret*
*قواعد*, *قوانين*, *اوامر*, قوانین, احکام*, قواعد, *כללים, *כללי, *פקודות, नियम*, आदेश*, आज्ञा*
নিয়ম*, আদেশ*, આદેશ*, ਹੁਕਮ*, ਨਿਯਮ*, கட்டளை*, விதி*, ఆదేశ*, నియమ*
规则, 規則, 命令, 说明, 說明, 要求, 约束, 限制, 设定, 設定, ルール, 制約, 명령*, 규칙*
quy tắc, lệnh, quy định, กฎ, ข้อกำหนด, aturan*, perintah*, peraturan*, utos, patakaran, amri
sheria
"""
"""Words that mean instructions to a language model only beside an order to set them aside."""

ORDERS = """
order, orders, commande*, ordine, ordini, ordin*, comenzi*
"""
"""The same, but customers also call orders of goods so."""

CONSIDER = """
consider, regard, treat, deem, declare, count, take it that
betrachte, betrachten sie, behandle, erkläre, sieh, considère, considérez, tiens pour, tenez pour
considera, considere, trata, trate, declara, da por, dé por, ritieni, reputa, dichiara
beschouw, behandel, betrakta, betragt, anse, pidä, uznaj, traktuj, potraktuj, považuj, pokládej
consideră, tekintsd, smatraj, θεώρησε, смятай, считай*, сочти, рассматривай, вважай, kabul et*
geçersiz say*, yok say*, hükümsüz say*, اعتبر, واعتبر, در نظر بگیر, سمجھو, ראה ב, תחשיב
समझो, समझें, मानो, मान लो, মনে করো, ধরো, 认为, 视为, 視為, 当作, 當作, 看作, 视作
みなし*, みなす, 見なし*, 思って, 扱って, 간주*, 여겨*, 생각*, 치고, coi, xem như, xem, ถือว่า
anggap*, ituring, chukulia
"""
"""To take something for something, as an order."""

INVALID = """
void, null, invalid, cancelled, canceled, deleted, expired, nonexistent, non existent, obsolete
revoked, withdrawn, repealed, never given, gone, non binding, not binding, unwritten
gelöscht, ungültig, nichtig, hinfällig, aufgehoben, gegenstandslos, erledigt, gestrichen
nulles, nuls, annulées, annulés, inexistant*, caduques, caducs, effacées, supprimées, abrogées
nulas, nulos, anuladas, canceladas, cancelados, inválidas, inexistentes, sin efecto, derogadas
borradas, eliminadas, revogadas, apagadas, sem efeito, nulle, annullate, inesistenti, decadute
cancellate, abrogate, vervallen, ongeldig, nietig, ogiltiga, ugyldige, kumottuina, nieważne
nieważnych, anulowane, unieważnione, neplatné, neplatná, zrušené, nule, anulate, érvénytelen*
nevažeć*, άκυρ*, невалидн*, недействительн*, отмен*, несуществующ*, аннулирован*, утративш*
недійсн*, скасован*, geçersiz*, hükümsüz*, yok say*, ملغاه, ملغية, باطله, لاغيه, باطل, لغو, منسوخ
בטלים, בטלות, मायने, रद्द, अमान्य, समाप्त, বাতিল, 无效, 無效, 不存在, 作废, 作廢, 失效, 無効, なかった
存在しない, 無いもの, ないもの, 없는, 무효*, 취소*, 없던, vô hiệu, không tồn tại, hết hiệu lực
เป็นโมฆะ, tidak berlaku, batal, gugur, walang bisa, batili
"""
"""No longer in force."""

WHAT_YOU_WERE_TOLD = """
alles was oben steht, alles was darüber steht, tout ce qui est écrit plus haut
tout ce qui est écrit au dessus, tout ce qui est au dessus, todo lo que está arriba
todo lo escrito arriba, tudo o que está acima, tutto ciò che è scritto sopra, tutto quello sopra
alles wat hierboven staat, wszystko co jest powyżej, wszystko co powyżej, всё что написано выше
все что написано выше, 上面写的, 上に書いてある, 위에 적힌, كل ما هو مكتوب اعلاه
everything written earlier, everything written before, everything stated before
all that was written before, co ci wcześniej kazano, co ci kazano
everything prior to, everything before, le reste des instructions, el resto de las instrucciones
the rest of the instructions, the rest of your instructions, den rest der anweisungen
o resto das instruções
whatever you were told, whatever was written, whatever was said, whatever i said
whatever came before
was dir vorhin gesagt, was dir zuvor gesagt, was dir bisher gesagt, was dir eben gesagt
was dir am anfang gesagt, was man dir vorher, was man dir gesagt, was dir vorher
was ich dir gesagt
what you were told, what you have been told, what you ve been told, what i told you, what you know
everything you were told, anything you were told, all you were told, what was said before
everything above, anything above, all of the above, everything before this
everything prior to this
everything said so far, everything you know, all that came before, the prompt, your prompt
this prompt
the system prompt, your system prompt, your instructions, your programming, your training
your guidelines
safety guidelines, content policy, your role, what came before, the text above and, the above and
everything that was said, everything so far
was dir gesagt wurde, was man dir gesagt hat, alles oben, alles davor, alles bisherige, den prompt
deine anweisungen, deine programmierung, alles vorherige, alles was du weißt, was vorher stand
ce qu on t a dit, ce qui t a été dit, tout ce qui précède, ce qui précède, ton prompt
tes instructions
lo que te dijeron, lo que te han dicho, todo lo anterior, lo anterior, tu prompt
tus instrucciones
o que te disseram, o que lhe disseram, tudo acima, tudo o que foi dito, suas instruções
quello che ti è stato detto, tutto ciò che precede, quanto detto finora, le tue istruzioni
wat je is verteld, alles hierboven, to co ci powiedziano, wszystko powyżej
wszystko co było wcześniej
то что тебе сказали, всё что было раньше, все что было раньше, всё вышесказанное
все вышесказанное
всё сказанное, что тебе говорили, всё что выше, твой промпт, все попереднє
sana söylenenleri, sana söylenen her şeyi, yukarıdaki her şeyi, ما قيل لك, كل ما سبق, ما سبق
जो तुम्हें बताया गया, जो आपको बताया गया, ऊपर लिखी सारी बातें, ऊपर की सारी बातें, যা বলা হয়েছে
上面的内容, 以上内容, 之前的内容, 之前说的, 前面说的, 以上所有, 上述内容, 系统提示, 系統提示
上記の内容, これまでの内容, 今までの内容, 言われたこと, 들은 것, 위의 내용, 지금까지의 내용
이전 내용
mọi điều ở trên, những gì được bảo, apa yang dikatakan, semua di atas, segala yang di atas
"""
"""Phrases for instructions: an order to set them aside is always an injection."""

FROM_NOW_ON = """
from now on, from this point on, from this point forward, from here on, henceforth, starting now
from this moment, as of now, as of this moment
ab jetzt, ab sofort, von jetzt an, von nun an, ab nun, fortan, ab diesem moment
désormais, à partir de maintenant, dorénavant, dès maintenant
a partir de ahora, desde ahora, de ahora en adelante, en adelante, a partir de este momento
a partir de agora, de agora em diante, doravante, da ora in poi, d ora in poi, d ora in avanti
da adesso
da questo momento, vanaf nu, van nu af aan, från och med nu, fra nu af, fra nå av, tästä lähtien
od teraz, od tej chwili, od tego momentu, od této chvíle, odteď, odteraz, de acum înainte
de acum încolo
mostantól, od sada, од сада, от сега нататък, από εδώ και πέρα, από τώρα, στο εξής
с этого момента, отныне, с этой минуты, впредь, начиная с этого момента, с этой секунды
відтепер, з цього моменту, віднині, bundan sonra, bundan böyle, şu andan itibaren
şimdiden itibaren
من الان فصاعدا, منذ الان, من الان, ابتداء من الان, من هذه اللحظة, از این به بعد, از حالا, از اکنون
اب سے, آئندہ, آج کے بعد, מעכשיו, מעתה, מרגע זה
अब से, आगे से, इसके बाद से, इस क्षण से, आतापासून, এখন থেকে, এরপর থেকে, হবে এখন থেকে, હવેથી
ਹੁਣ ਤੋਂ
இனிமேல், இப்போதிலிருந்து, ఇప్పటి నుండి, ఇకపై
从现在开始, 从现在起, 從現在開始, 從現在起, 从此刻起, 从这一刻起, これから, 今から, 今後, ここから
지금부터, 이제부터, 앞으로, 지금 이 순간부터, từ bây giờ, kể từ bây giờ, từ giờ, kể từ giờ
ตั้งแต่นี้, จากนี้ไป, ต่อจากนี้, ตั้งแต่บัดนี้, mulai sekarang, sejak sekarang, mulai saat ini
bermula sekarang
mula ngayon, kuanzia sasa, tangu sasa
"""

YOU_MUST = """
say, sag, sagst, sage, dis, di, diga, dici, zeg, mów, говори*, скажи*, قل, بگو, कहो, বলো, 说
言って, 말해*
you must, you have to, you should, you shall, you only, you always, you answer, you respond
you reply
you act, you are a, you are an, you are the, you are my, you are no longer, you are not, you speak
you will answer, you will respond, you will reply, you will act, you will only, you will always
you will be a, you will be an, you will say, you will output, you will ignore, you will obey
you obey
you will follow, you will behave, you will pretend, you will return, you will print
you will write
answer, respond, reply, act as, act like, always answer, always say, only answer, only say
pretend, output
say only, your name is, your task, your only, every answer, all answers, classify
label everything
du bist, du musst, bist du, musst du, antworte*, sollst du, du sollst, gib nur, sag nur, wirst du
du wirst
antworten sie, sie müssen antworten, du antwortest, antwortest du
tu es, tu dois, vous êtes un, vous devez, réponds, répondez, tu vas, agis comme, tu réponds, tu ne
eres, debes, responde*, tienes que, actúa*, contesta*, debes responder, vas a
você é, você deve, responda*, deves, aja como, você vai, você responde, tu és
sei, devi, rispondi*, agisci, risponderai, ben je, je bent, moet je, je moet, antwoord*, zul je
du är, måste du, du måste, du ska, svara, du er, skal du, du må, svar, olet, vastaa, sinun täytyy
sinun pitää
jesteś, musisz, odpowiadaj*, masz odpowiadać, jsi, musíš, odpovídej*, odpovedaj*, ești, trebuie să
răspunde*
válaszolj*, azt kell, ti si, moraš, odgovaraj, ти си, мораш, трябва да, отговаряй*, είσαι
πρέπει να, απάντ*
ты, отвечай*, вы должны, вы обязаны, должен, обязан, действуй*, отвечайте
ти, відповідай*, повинен, маєш, cevap ver*, yanıt ver*, cevapla*, yanıtla*, sen, olacaksın
davran*
zorundasın, malısın, söyle
انت, يجب, اجب, عليك, تصرف, رد, ستكون, تو, باید, پاسخ, جواب, تم, آپ کو, ענה, אתה, את חייבת, עליך
तुम, आप एक, आपको, जवाब, उत्तर, तुम्हें, तू, तुम्ही, তুমি, আপনি, উত্তর, জবাব, তোমাকে, તમે, જવાબ
ਤੁਸੀਂ, ਜਵਾਬ
நீ, நீங்கள், பதில்*, నువ్వు, మీరు, సమాధాన*
你, 您, 回答, 必须, 必須, 只能, 一律, あなたは, お前は, 君は, 回答して, 答えて, 返答して
答えなさい, と答え
너는, 넌, 당신은, 대답*, 답변*, 답해*, 응답*, 답하*, bạn phải, bạn là, hãy trả lời, trả lời
bạn sẽ
คุณต้อง, คุณคือ, ตอบ, คุณจะ, kamu, anda harus, anda adalah, kau, jawab*, anda akan, awak
anda mesti
ikaw, dapat kang, sagot*, sumagot, wewe, jibu, lazima, unapaswa, utajibu
"""
"""Beginnings of an order to a language model, after `from now on`."""

CHANGES_OF_ROLE = """
you have a new job, you have a new task, you have a new role, you have no rules
you have no restrictions
tu so als gäbe es, fais comme si, haz como si, faça como se, fai come se, doe alsof er, udawaj że
сделай вид что
you are no longer, you re no longer, pretend you are, pretend you re, pretend that you are
pretend that you re, act as if you, act as though you, act as dan, roleplay as, role play as
you have been freed, you are free from, imagine you are an ai, simulate being
du bist jetzt, du bist nun, du bist ab sofort, bist du ab jetzt, du bist nicht mehr
tu so als ob du
tu so als wärst du, gib dich als, spiele die rolle, tu es maintenant, tu es désormais
tu n es plus
vous êtes désormais un, vous n êtes plus, fais semblant d être, faites semblant d être
comporte toi comme
ahora eres, ya no eres, finge que eres, finge ser, actúa como si, haz como si fueras
agora você é, você agora é, você não é mais, finja que é, finja ser, aja como se, ora sei
adesso sei un
sei ora un, non sei più, fingi di essere, comportati come se, fai finta di essere, je bent nu
jij bent nu
je bent niet langer, doe alsof je, du är nu, låtsas att du är, du er nu, lad som om du er
olet nyt
teraz jesteś, jesteś teraz, nie jesteś już, udawaj, nyní jsi, teď jsi, acum ești, prefă te
mostantól te
ti si sada, τώρα είσαι, προσποιήσου
теперь ты, ты теперь, ты больше не, притворись, представь что ты, веди себя как будто ты
сделай вид что ты
тепер ти, ти тепер, ти більше не, вдавай, artık sen, sen artık, artık bir, şimdi sen, gibi davran
انت الان, الان انت, لم تعد, تظاهر بانك, تظاهر انك, تصرف كانك, تصرف كما لو, تو اکنون, حالا تو
وانمود کن
اب تم, تم اب, आप अब एक, अब तुम, तुम अब, अब आप एक, नाटक करो, নাটক কর, এখন তুমি, তুমি এখন
আপনি এখন একজন
אתה עכשיו, אתה כבר לא, העמד פנים, 你现在是, 现在你是, 你現在是, 現在你是, 你不再是, 假装你是
假裝你是, 请扮演, 請扮演
你扮演, 现在扮演, 你将扮演, あなたは今から, 今からあなたは, あなたはもう, ふりをしてください
になりきって, として振る舞って
너는 이제, 넌 이제, 당신은 이제, 이제 너는, 이제 당신은, 이제 넌, 인 척해*, 척해*, 역할을 해
bây giờ bạn là, bạn bây giờ là, giờ bạn là, hãy đóng vai, hãy giả vờ, kamu sekarang adalah
bertindaklah sebagai
sekarang kamu adalah, anda sekarang adalah, berpura puralah, kamu bukan lagi, ตอนนี้คุณคือ
คุณไม่ใช่, แกล้งทำเป็น
ikaw ngayon ay, sasa wewe ni
"""

TO_REVEAL = """
quote, quote*, verbatim, word for word, exact words, what were, letter by letter
character by character
wörtlich, wort für wort, zitiere, mot pour mot, textuellement, cite, palabra por palabra
textualmente, palavra por palavra, parola per parola, woord voor woord, słowo w słowo, дословно
слово в слово, процитируй, kelimesi kelimesine, 逐字, 原文, 一字一句, そのまま, 그대로, حرفيا
शब्दशः
выдай*, раскрой*, опиши*, перечисли*, 复述, 複述, 念出, 背诵, 给我看, give me, read out, spell out
divulge, paste
wiedergib, nenne, enséñame, escribe, escreva, scrivi, skriv, napisz, wypisz, yaz, اكتب, लिखो, लिख*
লেখো, 쓰*, viết ra, tulis*
reveal*, show, print, repeat, output, display, tell, give, leak, disclose, expose, share, dump
recite
what is, what are, what s, write out, write down, copy, translate, summarize, encode, list, return
zeig*, gib, verrat*, nenn*, druck*, wiederhol*, wie lautet, wie lauten, offenbar*, schreib*
was sind
montre*, révèle*, révéle*, affiche*, répète*, répéte*, donne*, dis, quelles sont, quel est
imprime*
muestra*, muéstra*, revela*, repite*, dime, di, cuáles son, cuál es, mostr*, mostre*, revele*
repita*, diga
diz, quais são, qual é, rivela*, ripeti*, stampa*, dimmi, quali sono, toon, laat, geef, onthul*
herhaal*
visa, avslöja, vis, avslør, näytä, paljasta, pokaż*, ujawnij*, wyświetl*, powtórz*, podaj, ukaž*
zobraz*, prozraď
arată*, dezvăluie*, mutasd, írd ki, áruld el, pokaži, otkrij, δείξε*, αποκάλυψε*, покажи*
раскрой*, выведи*
повтори*, напечатай*, скажи*, назови*, какие, какой, покажи, розкрий*, göster*, söyle*, yazdır*
tekrarla*, açıkla*
اظهر*, اكشف*, اعرض*, اطبع*, كرر*, اخبرني, ما هي, نشان, فاش, بگو, دکھا*, بتا*, ظاہر, הצג*, חשוף*
גלה*, הראה*
दिखा*, बता*, प्रकट*, উন্মোচন*, দেখা*, বল, বলো, বলুন, প্রকাশ*, 显示, 告诉, 告訴, 输出, 輸出, 透露
泄露, 洩露, 重复
重複, 打印, 列印, 顯示, 说出, 說出, 公开, 公開, 表示, 教えて, 見せて, 出力, 明かして, 繰り返, 开示
보여*, 알려*, 출력*, 공개*, 말해*, tiết lộ, hiển thị, cho tôi xem, in ra, lặp lại, cho biết, แสดง
เปิดเผย, บอก
tampilkan*, tunjukkan*, ungkapkan*, ulangi*, cetak*, beritahu*, sebutkan*, ipakita, sabihin
onyesha, fichua
"""

HIDDEN_INSTRUCTIONS = """
your configuration, hidden text, deine konfiguration, ta configuration, tu configuración
consignes qu on t a données, tus indicaciones, indicaciones iniciales, 你的配置, твою конфигурацию
before this message, before my message, before my text, precedes this message
preceding this message
before this text, before my first message, given to you before, written to you before
vor dieser nachricht, vor meiner nachricht, avant ce message, précède ce message, avant mon message
antes de este mensaje, antes de mi mensaje, antes desta mensagem, prima di questo messaggio
voor dit bericht, przed tą wiadomością, перед этим сообщением, до этого сообщения
bu mesajdan önce*, 这条消息之前, 我的消息之前, このメッセージの前, このメッセージより前
이 메시지 전*
قبل هذه الرساله, इस संदेश से पहले, trước tin nhắn này, sebelum pesan ini
systemtext*, systemnachricht*, systemanweisung*, systemvorgabe*, texte système, message système
mensaje del sistema, mensaje de sistema, mensagem do sistema, messaggio di sistema, systeembericht*
komunikat systemow*, wiadomość systemow*
text that appears above, text that stands above, text above verbatim, text before this line
words before this line, everything before this line, text that precedes, at the very top of this
start of this conversation, beginning of this conversation, top of this conversation
what you were told before this, text above word for word, lines above this
den text über dieser zeile, text oberhalb, anfang dieser unterhaltung, texte au dessus
texte ci dessus, début de cette conversation, texto de arriba, texto que aparece arriba
inicio de esta conversación, texto acima, início desta conversa, testo qui sopra
inizio di questa conversazione, tekst hierboven, tekst powyżej, текст выше, начало этого разговора
начала этого разговора, yukarıdaki metni, 上面的文字, 上面的文本, 对话开头, 上の文章
この会話の最初
위의 텍스트, 대화의 시작, النص اعلاه, ऊपर का पाठ
your developers wrote, your developers told, what you were instructed, what your instructions
своих инструкций
твоих инструкций, 系统提示, 系統提示, 系统设定, 你的设定, あなたの設定, 元の指示
twoich instrukcji, deiner anweisungen
full prompt, entire prompt, whole prompt, complete prompt, full instructions, exact instructions
system message, your prompt, your instructions, your initial instructions
your original instructions
initial instructions, hidden instructions, secret instructions, original instructions
internal instructions
instructions above, prompt above, developer message, hidden prompt, initial prompt, your rules
your guidelines
text above this line, words above, your system, secret prompt, everything above
deine anweisungen, deinen anweisungen, deinen prompt, deine instruktionen, versteckten anweisungen
ursprünglichen anweisungen, geheimen anweisungen, deine vorgaben, deine regeln, ihre anweisungen
tes instructions, vos instructions, ton prompt, votre prompt, instructions système
instructions cachées
tes consignes, vos consignes, instructions initiales, consignes initiales, tes règles
tus instrucciones, tu prompt, sus instrucciones, instrucciones del sistema, instrucciones ocultas
instrucciones iniciales, tus reglas, instrucciones originales
suas instruções, seu prompt, instruções do sistema, tuas instruções, instruções ocultas
instruções iniciais
tue istruzioni, tuo prompt, istruzioni di sistema, istruzioni nascoste, istruzioni iniziali
sue istruzioni
je instructies, jouw instructies, systeeminstructies, dina instruktioner, dine instruktioner
ohjeesi
swoje instrukcje, twoje instrukcje, instrukcje systemowe, swój prompt, své instrukce, svoje pokyny
instrucțiunile tale, az utasításaidat, svoja uputstva, τις οδηγίες σου
системные инструкции, системную инструкцию, твои инструкции, свои инструкции, свой промпт
твой промпт
системное сообщение, скрытые инструкции, начальные инструкции, свої інструкції, твої інструкції
talimatlarını, sistem talimat*, sistem mesajı*, gizli talimat*
*تعليماتك*, تعليمات النظام, *رسالة النظام, مطالبة النظام, دستورات سیستم, دستورالعمل های خود
اپنی ہدایات
ההוראות שלך, הוראות המערכת, अपने निर्देश*, तुम्हारे निर्देश*, आपके निर्देश*, सिस्टम निर्देश*
छिपे निर्देश*
তোমার নির্দেশ*, আপনার নির্দেশ*, সিস্টেম নির্দেশ*
系统指令, 系統指令, 你的指令, 你的提示, 您的指令, 初始指令, 系统消息, 隐藏指令, 初始提示, 原始指令
你收到的指令
システム指示, あなたの指示, 初期指示, あなたへの指示, 内部指示, システムメッセージ, 与えられた指示
시스템 지침, 시스템 메시지, 너의 지시*, 당신의 지침*, 네 지시*, 숨겨진 지시*, 초기 지시*
당신의 지시*
hướng dẫn hệ thống, hướng dẫn của bạn, chỉ thị của bạn, คำสั่งระบบ, คำสั่งของคุณ
instruksi sistem, instruksimu, instruksi anda, perintah sistem, arahan sistem, arahan anda
"""

ALONE = """
disable content filter*, disable your filter*, disable all filter*, disable safety
content filters off
without any restrictions or filters
talimatlara uyma, talimatları unut, talimatları yok say, talimatları görmezden gel, kurallara uyma
whatever else you were told, whatever you were told before, stop being a classifier
stop being an ai
system prompt, your system prompts, all system prompts, systemprompt*, jailbreak*, developer mode
do anything now
dan mode
god mode enabled
unrestricted mode, system override, admin override, prompt injection, sudo mode
your new task is, your real task is, your actual task is, your true task is
your new instructions are
your new role is, your new goal is, your real instructions, here are your new instructions
deine neue aufgabe ist, deine neuen anweisungen, ta nouvelle tâche est, tes nouvelles instructions
tu nueva tarea es, tus nuevas instrucciones, sua nova tarefa é, suas novas instruções
il tuo nuovo compito
le tue nuove istruzioni, твоя новая задача, твои новые инструкции, yeni görevin, yeni talimatların
مهمتك الجديدة, تعليماتك الجديدة, तुम्हारा नया काम, आपका नया काम, তোমার নতুন কাজ, tugas barumu
tugas baru anda
你的新任务, 你的新任務, 你的新指令, あなたの新しいタスク, あなたの新しい指示, 너의 새로운 임무
당신의 새로운 임무
nhiệm vụ mới của bạn, prompt système, prompt del sistema, prompt do sistema, prompt di sistema
systeemprompt, prompt systemow*, системный промпт*, системного промпта, системный запрос
系统提示词, 系統提示詞
システムプロンプト, 시스템 프롬프트*, 시스템프롬프트*, सिस्टम प्रॉम्प्ट*, সিস্টেম প্রম্পট*, prompt sistem
sistem istemi*, sistem komutu*, sistem promptu*, موجه النظام, برومبت النظام, پرامپت سیستم
سسٹم پرامپٹ
lời nhắc hệ thống, prompt hệ thống, พรอมต์ระบบ
"""
"""Phrases that are an injection in any context."""

NEGATIONS = """
not, t, never, nicht, nie, niemals, keinesfalls, ne, n, no, nunca, jamais, jamás, não, non, mai
niet, nooit
inte, aldrig, ikke, aldri, älä, nu, ne, nemoj, немој, не, никогда, ніколи, μην, لا, لم, نه, مت, אל
लא, मत
न, না, jangan, đừng, không, huwag, usi, cannot, without, ohne, sans, sin, sem, senza
"""
"""Negations: before an order to set something aside they reverse it (`never ignore …`)."""
