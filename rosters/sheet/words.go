package sheet

import (
	"strings"

	"guardroom/rosters"
)

// heading is a field and what stations write over its column, folded.
type heading struct {
	field Field
	words []string
}

func words(list string) []string { return strings.Split(list, "|") }

// headings of each kind of table, in English, French, Spanish, Russian, Arabic
// and Chinese.
var headings = map[Kind][]heading{
	OfficerTable: officerHeadings,
	PostTable:    postHeadings,
	RosterGrid:   officerHeadings,
	DutyList: {
		{Date, words("date|day|jour|fecha|dia|дата|день|التاريخ|اليوم|日期")},
		{Officer, words("officer|name|staff|nom|agent|nombre|agente|сотрудник|имя|الضابط|الاسم|姓名|人员")},
		{Badge, words("badge|badge no|badge number|index|index no|index number|matricule|numero de placa|placa|номер|رقم|编号")},
		{Shift, words("shift|shift code|code|poste horaire|vacation|turno|смена|النوبة|الوردية|班次")},
		{Post, words("post|location|poste|puesto|пост|الموقع|岗位")},
	},
}

var officerHeadings = []heading{
	{ID, words("id")},
	{Badge, words("badge|badge no|badge number|index|index no|index number|staff no|staff number|service no|service number|matricule|placa|numero de placa|номер|رقم|编号")},
	{Name, words("name|full name|officer|staff member|nom complet|nom et prenom|nombre|nombre completo|фио|имя|الاسم|姓名")},
	{GivenName, words("given name|first name|forename|prenom|nombre de pila|имя собственное|الاسم الاول|名")},
	{FamilyName, words("family name|last name|surname|nom|nom de famille|apellido|apellidos|фамилия|اسم العائلة|姓")},
	{Rank, words("rank|title|grade|rang|rango|grado|звание|الرتبة|职级")},
	{Unit, words("unit|team|section|unite|equipe|unidad|equipo|подразделение|группа|الوحدة|单位")},
	{HomeStation, words("home station|duty station|station|lieu d affectation|lugar de destino|место службы|مركز العمل|工作地点")},
	{Contract, words("contract|hours|hours per week|weekly hours|contract hours|heures|heures par semaine|horas|horas semanales|часы|часов в неделю|الساعات|工时")},
	{Qualifications, words("qualifications|qualification|skills|certificates|competences|qualifs|cualificaciones|competencias|квалификация|المؤهلات|资格")},
	{Languages, words("languages|language|langues|idiomas|языки|اللغات|语言")},
	{Gender, words("gender|sex|sexe|genre|sexo|genero|пол|الجنس|性别")},
	{Employment, words("employment|type|staff or contractor|statut|empleo|contrato|занятость|التوظيف|用工")},
	{Funding, words("funding|budget|fund|financement|fondos|presupuesto|финансирование|التمويل|经费")},
	{From, words("from|start|start date|joined|eod|debut|desde|inicio|с|من|开始")},
	{Email, words("email|e mail|mail|courriel|adresse electronique|correo|correo electronico|почта|эл почта|البريد الالكتروني|البريد الإلكتروني|邮箱")},
	{Phone, words("phone|telephone|tel|mobile|mobile phone|portable|telefono|movil|телефон|الهاتف|电话")},
	{Until, words("until|end|end date|cob|separation|fin|hasta|по|حتى|结束")},
}

var postHeadings = []heading{
	{ID, words("id|post id|code|post code|codigo|код|رمز|代码")},
	{Name, words("name|post|post name|poste|puesto|пост|الموقع|岗位")},
	{Area, words("area|location|zone|secteur|lieu|zona|зона|المنطقة|区域")},
	{Hours, words("hours|standing hours|times|horaire|horaires|horario|часы|الساعات|时间")},
	{Headcount, words("headcount|officers|number|strength|effectif|dotacion|количество|العدد|人数")},
	{Shifts, words("shifts|shift types|shift|vacations|turnos|смены|النوبات|班次")},
	{MinRank, words("min rank|minimum rank|rank|grade minimum|rango minimo|звание|الرتبة|最低职级")},
	{Required, words("required|qualifications|required qualifications|requis|requerido|требуется|المؤهلات المطلوبة|必备")},
	{Wished, words("wished|preferred|wished qualifications|souhaite|deseado|желательно|المؤهلات المرغوبة|优先")},
	{Armed, words("armed|weapon|arme|armado|вооружен|مسلح|持枪")},
	{Mobile, words("mobile|patrol|patrouille|patrulla|патруль|دورية|巡逻")},
	{Report, words("report|report minutes|line up|report before|rapport|прибытие|الحضور قبل|报到")},
	{MealRelief, words("meal relief|meal|meal minutes|repas|comida|обед|الوجبة|用餐")},
	{Rotation, words("rotation|rotation minutes|rotacion|ротация|التناوب|轮换")},
	{CheckCall, words("check call|check calls|check call minutes|appel de controle|llamada de control|контрольный вызов|نداء التحقق|检查呼叫")},
	{Ceremonial, words("ceremonial|ceremonie|ceremonia|церемониальный|مراسم|礼仪")},
	{Unpopular, words("unpopular|impopulaire|impopular|непопулярный|غير مرغوب|不受欢迎")},
	{Lane, words("lane|search lane|file|couloir|carril|линия|المسار|通道")},
	{PairedWith, words("paired with|pair|jumele avec|pareja|в паре с|مقترن بـ|配对")},
	{Weight, words("weight|priority|poids|peso|вес|الوزن|权重")},
}

// rankWords are how stations write ranks, folded.
var rankWords = map[string]rosters.Rank{
	"recruit": rosters.Recruit, "rct": rosters.Recruit, "trainee": rosters.Recruit, "recrue": rosters.Recruit, "recluta": rosters.Recruit,
	"officer": rosters.OrdinaryOfficer, "so": rosters.OrdinaryOfficer, "s o": rosters.OrdinaryOfficer, "security officer": rosters.OrdinaryOfficer, "off": rosters.OrdinaryOfficer, "agent": rosters.OrdinaryOfficer, "agent de securite": rosters.OrdinaryOfficer, "oficial": rosters.OrdinaryOfficer,
	"senior officer": rosters.SeniorOfficer, "senior security officer": rosters.SeniorOfficer, "sso": rosters.SeniorOfficer, "snr officer": rosters.SeniorOfficer, "agent principal": rosters.SeniorOfficer, "oficial superior": rosters.SeniorOfficer,
	"sergeant": rosters.Sergeant, "sgt": rosters.Sergeant, "sargento": rosters.Sergeant,
	"sergent":    rosters.Sergeant, //nolint:misspell // French
	"lieutenant": rosters.Lieutenant, "lt": rosters.Lieutenant, "ltn": rosters.Lieutenant, "teniente": rosters.Lieutenant,
	"captain": rosters.Captain, "capt": rosters.Captain, "cpt": rosters.Captain, "capitaine": rosters.Captain, "capitan": rosters.Captain,
	"inspector": rosters.Inspector, "insp": rosters.Inspector, "inspecteur": rosters.Inspector,
}

func rank(text string) (rosters.Rank, bool) {
	var r rosters.Rank
	if r.UnmarshalText([]byte(text)) == nil {
		return r, text != ""
	}
	r, ok := rankWords[fold(text)]
	return r, ok
}

// truth reads yes and no; nothing is no.
func truth(text string) (yes, ok bool) {
	switch fold(text) {
	case "", "no", "n", "0", "false", "non", "нет", "لا", "否":
		return false, text == "" || fold(text) != ""
	case "yes", "y", "1", "true", "x", "oui", "si", "да", "نعم", "是":
		return true, true
	}
	return text == "✓" || text == "✔", text == "✓" || text == "✔" || text == "-" || text == "–"
}

func gender(text string) (rosters.Gender, bool) {
	switch fold(text) {
	case "":
		return "", text == "" || text == "-"
	case "f", "female", "woman", "femme", "mujer", "w", "ж":
		return rosters.Female, true
	case "m", "male", "man", "homme", "hombre", "м":
		return rosters.Male, true
	case "other", "unspecified", "x":
		return "", true
	}
	return "", false
}

func employment(text string) (rosters.Employment, bool) {
	switch fold(text) {
	case "", "staff", "permanent", "fixed term", "fta", "ta", "continuing":
		return rosters.Staff, true
	case "contractor", "contract", "consultant", "ic", "company":
		return rosters.Contractor, true
	}
	return "", false
}

// leaveWords are the codes of leave that stations usually write.
var leaveWords = map[string]rosters.LeaveKind{
	"al": rosters.AnnualLeave, "annual leave": rosters.AnnualLeave, "leave": rosters.AnnualLeave,
	"sl": rosters.SickLeave, "sick": rosters.SickLeave, "csl": rosters.SickLeave, "usl": rosters.SickLeave,
	"fa": rosters.Training, "tr": rosters.Training, "trg": rosters.Training, "training": rosters.Training,
	"dt": rosters.DutyTravel, "ot": rosters.DutyTravel, "mission": rosters.DutyTravel, "tdy": rosters.DutyTravel,
	"hl": rosters.HomeLeave, "home leave": rosters.HomeLeave,
	"cto": rosters.Compensatory, "comp": rosters.Compensatory, "cl": rosters.Compensatory,
	"spl": rosters.SpecialLeave, "special": rosters.SpecialLeave, "ml": rosters.SpecialLeave, "pl": rosters.SpecialLeave,
}

// LeaveCode is how a kind of leave is written in a cell.
func LeaveCode(k rosters.LeaveKind) string {
	return map[rosters.LeaveKind]string{
		rosters.AnnualLeave: "AL", rosters.SickLeave: "SL", rosters.Training: "TR", rosters.DutyTravel: "DT",
		rosters.HomeLeave: "HL", rosters.Compensatory: "CTO", rosters.SpecialLeave: "SPL",
	}[k]
}

// off reports whether a cell says that there is no duty.
func off(text string) bool {
	switch codeKey(text) {
	case "", "-", "–", "—", ".", "off", "absent", "rest", "r", "x", "o", "do", "day off", "rdo", "repos", "libre":
		return true
	}
	return false
}

// codeKey makes codes comparable, those without a letter too.
func codeKey(text string) string {
	if key := fold(text); key != "" {
		return key
	}
	return text
}
